import { z } from "zod";
import type { CallOptions } from "../http/api.ts";
import type { GithubAccess } from "./access.ts";
import { githubRunnerGroups } from "./runner-groups.ts";

/** The vendor's type of a runner group, the one thing at GitHub that a fleet declares. */
export const runnerGroupType = "github:index/actionsRunnerGroup:ActionsRunnerGroup";

const inputsSchema = z.object({ name: z.string() });

/**
 * The id of the runner group that an interrupted run was about to make. A group carries no mark, so ask only where the
 * run is known to have begun with it: GitHub refuses a second group of a name, so what was begun and is there is its own.
 * @throws DriverError where GitHub cannot be asked
 */
export async function findRunnerGroup(
  access: GithubAccess,
  inputs: Record<string, unknown>,
  options?: CallOptions,
): Promise<string | undefined> {
  const group = await githubRunnerGroups(access).find(inputsSchema.parse(inputs).name, options);
  return group && !group.isDefault ? String(group.id) : undefined;
}
