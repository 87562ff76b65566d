import { z } from "zod";
import { bodyAs, page, type Reply, type Route } from "../../http/route.ts";
import { type GithubState, type GroupState, takeId } from "../state.ts";
import { type GithubCall, refusal, requireToken } from "./access.ts";
import { runnerPage } from "./runner-routes.ts";

const request = z.object({
  name: z.string().min(1).max(64),
  visibility: z.enum(["all", "private", "selected"]).default("all"),
  selected_repository_ids: z.array(z.int()).default([]),
  allows_public_repositories: z.boolean().default(false),
});

function describe(group: GroupState, { state, url }: GithubCall) {
  const self = `${url.origin}/orgs/${state.organization}/actions/runner-groups/${group.id}`;
  return {
    id: group.id,
    name: group.name,
    visibility: group.visibility,
    default: group.isDefault,
    runners_url: `${self}/runners`,
    inherited: false,
    allows_public_repositories: group.allowsPublicRepositories,
    restricted_to_workflows: false,
    selected_workflows: [],
  };
}

function list(call: GithubCall): Reply {
  requireToken(call);
  const { groups } = call.state;
  const { items, headers } = page(call, groups);
  const body = { total_count: groups.length, runner_groups: items.map((group) => describe(group, call)) };
  return { body, headers };
}

function create(call: GithubCall): Reply {
  requireToken(call);
  const { state } = call;
  const given = bodyAs(request, call);
  if (state.groups.some((group) => group.name.toLowerCase() === given.name.toLowerCase())) {
    throw refusal(409, `Group ${given.name} already exists.`);
  }
  const group: GroupState = {
    id: takeId(state),
    name: given.name,
    visibility: given.visibility,
    repositoryIds: given.selected_repository_ids,
    allowsPublicRepositories: given.allows_public_repositories,
    isDefault: false,
  };
  state.groups.push(group);
  return { status: 201, body: describe(group, call) };
}

function groupOf(call: GithubCall): GroupState {
  requireToken(call);
  const group = call.state.groups.find((item) => String(item.id) === call.params.id);
  if (!group) throw refusal(404, "Not Found");
  return group;
}

/** Its runners fall back to the default group. */
function remove(call: GithubCall): Reply {
  const gone = groupOf(call);
  if (gone.isDefault) throw refusal(422, "The default runner group cannot be deleted.");
  const { state } = call;
  state.groups = state.groups.filter((group) => group !== gone);
  for (const runner of state.runners) if (runner.groupId === gone.id) runner.groupId = 1;
  return { status: 204 };
}

function runnersOf(call: GithubCall): Reply {
  const { id } = groupOf(call);
  return runnerPage(
    call,
    call.state.runners.filter((runner) => runner.groupId === id),
  );
}

/** GitHub has such a list only for a group that is for some repositories. */
function repositoriesOf(call: GithubCall): Reply {
  const { repositoryIds, visibility } = groupOf(call);
  if (visibility !== "selected") throw refusal(422, "Runner group visibility must be selected.");
  const own = call.state.repositories.filter(({ id }) => repositoryIds.includes(id));
  const { items, headers } = page(call, own);
  const repositories = items.map(({ id, fullName }) => ({ id, full_name: fullName }));
  return { body: { total_count: own.length, repositories }, headers };
}

const groups = "/orgs/:organization/actions/runner-groups";

/** The REST API of runner groups. */
export const groupRoutes: readonly Route<GithubState>[] = [
  { method: "GET", path: groups, operation: "groups.list", run: list },
  { method: "POST", path: groups, operation: "groups.create", run: create },
  {
    method: "GET",
    path: `${groups}/:id`,
    operation: "groups.get",
    run: (call) => ({ body: describe(groupOf(call), call) }),
  },
  { method: "DELETE", path: `${groups}/:id`, operation: "groups.delete", run: remove },
  { method: "GET", path: `${groups}/:id/runners`, operation: "groups.runners", run: runnersOf },
  { method: "GET", path: `${groups}/:id/repositories`, operation: "groups.repositories", run: repositoriesOf },
];
