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
      const before = await runners.list({}, { signal });
      const { encodedJitConfig } = await jit.register(request, isOurs, { signal });
      for (const runner of before)
        if (isOurs(runner) && isUnused(runner) && now() - madeAt(runner) >= lostSeconds)
          await removeUnlessBusy(runners, runner, signal);
      return encodedJitConfig;
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

/** A Mac that takes a configuration connects within a minute or two; one that has not after this has lost it. */
const lostSeconds = 600;

/** In seconds since 1970, as the end of the name has it. */
function madeAt({ name }: GithubRunner): Instant {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
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
