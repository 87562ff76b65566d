import { z } from "zod";
import { isFailure } from "../errors.ts";
import type { CallOptions, Surroundings } from "../http/api.ts";
import { type GithubAccess, githubApi, pageSize } from "./access.ts";
import { distinct, type GithubRunner, runnersSchema } from "./runners.ts";

/** Whose jobs may run on a group's runners. */
export interface RunnerGroup {
  id: number;
  name: string;
  visibility: "all" | "private" | "selected";
  /** Public repositories may use it: a pull request from a fork then runs its code on the Macs. */
  allowsPublicRepositories: boolean;
  /** GitHub's own group, which can't be removed. */
  isDefault: boolean;
}

/** A group to have. */
export interface RunnerGroupRequest {
  name: string;
  /** Only these; without it, all private repositories. */
  repositoryIds?: readonly number[];
}

/** The runner groups of an organization. Failures as in `JsonApi`. */
export interface GithubRunnerGroups {
  list(options?: CallOptions): Promise<RunnerGroup[]>;
  /** The case of the name does not matter. */
  find(name: string, options?: CallOptions): Promise<RunnerGroup | undefined>;
  /** Makes the group, closed to public repositories, or gives back the one with that name as it is. */
  ensure(request: RunnerGroupRequest, options?: CallOptions): Promise<RunnerGroup>;
  runners(groupId: number, options?: CallOptions): Promise<GithubRunner[]>;
  /** The repositories of a group that is for some only, as `owner/name`. */
  repositories(groupId: number, options?: CallOptions): Promise<string[]>;
}

const groupSchema = z
  .object({
    id: z.number(),
    name: z.string(),
    visibility: z.enum(["all", "private", "selected"]),
    default: z.boolean().nullish(),
    allows_public_repositories: z.boolean().nullish(),
  })
  .transform(
    (group): RunnerGroup => ({
      id: group.id,
      name: group.name,
      visibility: group.visibility,
      isDefault: group.default ?? false,
      allowsPublicRepositories: group.allows_public_repositories ?? false,
    }),
  );
const repositoriesSchema = z.object({ repositories: z.array(z.object({ full_name: z.string() })) });
const groupsSchema = z.object({ runner_groups: z.array(groupSchema) });

/** Reads and makes the runner groups of an organization. */
export function githubRunnerGroups(access: GithubAccess, around?: Surroundings): GithubRunnerGroups {
  const api = githubApi(access, around);
  const path = api.actions("/runner-groups");
  const list: GithubRunnerGroups["list"] = async (options) => {
    const what = `listing the runner groups of ${access.organization}`;
    const pages = await api.pages({ ...options, what, path, query: { per_page: pageSize }, schema: groupsSchema });
    return distinct(pages.flatMap((page) => page.runner_groups));
  };
  const find: GithubRunnerGroups["find"] = async (name, options) =>
    (await list(options)).find((group) => group.name.toLowerCase() === name.toLowerCase());
  return {
    list,
    find,
    async ensure({ name, repositoryIds }, options) {
      const what = `making the runner group ${name}`;
      const access = repositoryIds
        ? { visibility: "selected", selected_repository_ids: repositoryIds }
        : { visibility: "private" };
      const body = { name, ...access, allows_public_repositories: false };
      try {
        return (await api.call({ ...options, what, method: "POST", path, body, schema: groupSchema })).data;
      } catch (error) {
        // GitHub answers 409 or 422 when there is one, and 422 for other mistakes as well.
        if (!isFailure(error, "already-exists", "invalid-argument")) throw error;
        const group = await find(name, options);
        if (group) return group;
        throw error;
      }
    },
    async runners(groupId, options) {
      const what = `listing the runners of the group ${groupId}`;
      const query = { per_page: pageSize };
      const pages = await api.pages({
        ...options,
        what,
        path: `${path}/${groupId}/runners`,
        query,
        schema: runnersSchema,
      });
      return distinct(pages.flatMap((page) => page.runners));
    },
    async repositories(groupId, options) {
      const what = `listing the repositories of the group ${groupId}`;
      const query = { per_page: pageSize };
      const where = `${path}/${groupId}/repositories`;
      const pages = await api.pages({ ...options, what, path: where, query, schema: repositoriesSchema });
      return [...new Set(pages.flatMap((page) => page.repositories.map((repository) => repository.full_name)))];
    },
  };
}
