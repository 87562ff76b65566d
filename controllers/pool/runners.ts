import { DriverError } from "../../drivers/errors.ts";
import type { RunnerSighting } from "../../model/ec2-mac/types.ts";
import type { Registrant } from "./credentials.ts";

/** What a controller asks of the CI system about the runners on its instances. */
export interface Runners {
  /**
   * What the CI system knows of the runner of each instance.
   * @throws DriverError when it could not look, which says nothing about any runner
   */
  look(instanceIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, RunnerSighting>>;
  /**
   * Tells the instance's runner to take no further job; a job that runs goes on. Succeeds when there is no runner.
   * @throws DriverError `in-use` where the CI system can do that only to an idle runner, and it is not idle
   */
  drain(registrant: Registrant, signal: AbortSignal): Promise<void>;
}

/** A runner belongs to the instance whose id is in its name, between dashes: `mac-1-i-0123456789abcdef0-2`. */
export function isRunnerOf(runnerName: string, instanceId: string): boolean {
  return `-${runnerName}-`.includes(`-${instanceId}-`);
}

/** Runners that nobody can look at, for want of a credential. Limits of age hold all the same. */
export function unseenRunners(why: string, hint: string): Runners {
  const refuse = async () => {
    throw new DriverError(why, { kind: "access-denied", hint });
  };
  return { look: refuse, drain: refuse };
}

/** Sorts what a CI system listed by instance; `sightOf` gets what belongs to one, which may be nothing. */
export function byInstance<T extends { name: string }>(
  instanceIds: readonly string[],
  listed: readonly T[],
  sightOf: (own: readonly T[]) => RunnerSighting,
): ReadonlyMap<string, RunnerSighting> {
  return new Map(
    instanceIds.map((instanceId) => [instanceId, sightOf(listed.filter(({ name }) => isRunnerOf(name, instanceId)))]),
  );
}
