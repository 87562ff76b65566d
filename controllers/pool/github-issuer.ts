import { DriverError, isFailure } from "../../drivers/errors.ts";
import type { GithubJit } from "../../drivers/github/jit.ts";
import type { GithubRunnerGroups } from "../../drivers/github/runner-groups.ts";
import type { GithubRunner, GithubRunners } from "../../drivers/github/runners.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import type { Issuer, Registrant } from "./credentials.ts";
import { isRunnerOf } from "./runners.ts";

/** The parts of GitHub's API that make a runner, and what its jobs ask for. */
export interface GithubPlace {
  jit: GithubJit;
  runners: GithubRunners;
  groups: GithubRunnerGroups;
  /** The name of the runner group, which says which repositories may use the Macs. */
  group: string;
  labels: readonly [string, ...string[]];
}

/** Just-in-time runners of a GitHub organization, one for each job. What is issued is the runner's whole configuration. */
export function githubIssuer(place: GithubPlace, now: () => Instant): Issuer {
  const { jit, runners, labels } = place;
  return {
    perJob: true,
    async issue({ hostName, instanceId }: Registrant, signal) {
      const groupId = await findGroup(place, signal);
      const name = `${hostName}-${instanceId}-${now()}`;
      const request = { name, groupId, labels };
      const isOurs = (runner: GithubRunner) => isRunnerOf(runner.name, instanceId);
      return (await jit.register(request, isOurs, { signal })).encodedJitConfig;
    },
    async withdraw(instanceIds, signal) {
      for (const runner of await runners.list({}, { signal }))
        if (isUnused(runner) && ownerOf(runner, instanceIds)) await removeUnlessBusy(runners, runner, signal);
    },
    async issued(instanceIds, signal) {
      const unused = (await runners.list({}, { signal })).filter(isUnused);
      return new Set(unused.flatMap((runner) => ownerOf(runner, instanceIds) ?? []));
    },
  };
}

async function findGroup({ groups, group }: GithubPlace, signal: AbortSignal): Promise<number> {
  const found = await groups.find(group, { signal });
  if (found) return found.id;
  throw new DriverError(`GitHub has no runner group ${group}`, { kind: "not-found", hint: "`pulumi up` makes it." });
}

/** Registered and not connected: no Mac has taken it yet, or the Mac has lost it. */
function isUnused({ online, busy }: GithubRunner): boolean {
  return !online && !busy;
}

function ownerOf({ name }: GithubRunner, instanceIds: readonly string[]): string | undefined {
  return instanceIds.find((instanceId) => isRunnerOf(name, instanceId));
}

/** It may have connected and taken a job since it was listed. */
async function removeUnlessBusy(runners: GithubRunners, { id }: GithubRunner, signal: AbortSignal): Promise<void> {
  try {
    await runners.remove(id, { signal });
  } catch (error) {
    if (!isFailure(error, "in-use")) throw error;
  }
}
