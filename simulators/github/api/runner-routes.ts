import { randomBytes } from "node:crypto";
import { z } from "zod";
import { bodyAs, page, type Reply, type Route } from "../../http/route.ts";
import { encodeJitConfig } from "../jit-config.ts";
import { type GithubState, isOnline, iso, type RunnerState, takeId } from "../state.ts";
import { type GithubCall, refusal, requireToken } from "./access.ts";

/** A registration token is valid for an hour. */
const TOKEN_MS = 3_600_000;

function registrationToken(call: GithubCall): Reply {
  requireToken(call);
  const token = randomBytes(15).toString("base64url").toUpperCase();
  return { status: 201, body: { token, expires_at: iso(call.now + TOKEN_MS) } };
}

const jitRequest = z.object({
  name: z.string().min(1),
  runner_group_id: z.int(),
  labels: z.array(z.string()).min(1).max(100),
  work_folder: z.string().default("_work"),
});

function generateJitConfig(call: GithubCall): Reply {
  requireToken(call);
  const { state, now } = call;
  if ((call.body as { runner_group_id?: unknown }).runner_group_id === undefined) {
    throw refusal(422, "Invalid input: object is missing required key: runner_group_id");
  }
  const { name, labels, runner_group_id: groupId, work_folder: workFolder } = bodyAs(jitRequest, call);
  if (!state.groups.some((group) => group.id === groupId)) throw refusal(404, "Not Found");
  if (state.runners.some((runner) => runner.name.toLowerCase() === name.toLowerCase())) {
    throw refusal(409, `Already exists - A runner with the name ${name} already exists.`);
  }
  const secret = randomBytes(24).toString("base64url");
  const runner: RunnerState = { id: takeId(state), name, groupId, labels, os: "unknown", workFolder, secret };
  state.runners.push(runner);
  const encoded = encodeJitConfig(runner, call.url.origin, state.organization);
  return { status: 201, body: { runner: describeRunner(runner, now), encoded_jit_config: encoded } };
}

/** A runner as the REST API shows it: without its group, as GitHub often does. */
export function describeRunner(runner: RunnerState, now: number) {
  return {
    id: runner.id,
    name: runner.name,
    os: runner.os,
    status: isOnline(runner, now) ? "online" : "offline",
    busy: runner.jobId !== undefined,
    ephemeral: true,
    labels: runner.labels.map((name, index) => ({ id: index + 1, name, type: "custom" })),
  };
}

/** One page of runners. */
export function runnerPage(call: GithubCall, runners: readonly RunnerState[]): Reply {
  const { items, headers } = page(call, runners);
  const body = { total_count: runners.length, runners: items.map((runner) => describeRunner(runner, call.now)) };
  return { body, headers };
}

function list(call: GithubCall): Reply {
  requireToken(call);
  const name = call.query.get("name");
  return runnerPage(
    call,
    call.state.runners.filter((runner) => name === null || runner.name === name),
  );
}

function runnerOf(call: GithubCall): RunnerState {
  requireToken(call);
  const runner = call.state.runners.find((item) => String(item.id) === call.params.id);
  if (!runner) throw refusal(404, "Not Found");
  return runner;
}

function remove(call: GithubCall): Reply {
  const gone = runnerOf(call);
  if (gone.jobId !== undefined) throw refusal(422, `Bad request - Runner "${gone.name}" is still running a job`);
  call.state.runners = call.state.runners.filter((runner) => runner !== gone);
  return { status: 204 };
}

const runners = "/orgs/:organization/actions/runners";

/** The REST API of self-hosted runners. */
export const runnerRoutes: readonly Route<GithubState>[] = [
  { method: "POST", path: `${runners}/registration-token`, operation: "runners.token", run: registrationToken },
  { method: "POST", path: `${runners}/generate-jitconfig`, operation: "runners.jit", run: generateJitConfig },
  { method: "GET", path: runners, operation: "runners.list", run: list },
  {
    method: "GET",
    path: `${runners}/:id`,
    operation: "runners.get",
    run: (call) => ({ body: describeRunner(runnerOf(call), call.now) }),
  },
  { method: "DELETE", path: `${runners}/:id`, operation: "runners.delete", run: remove },
];
