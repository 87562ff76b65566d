import type { EC2Client } from "@aws-sdk/client-ec2";
import { describeInstances, describeRootVolumeTasks, terminateInstances } from "../../drivers/ec2/instances.ts";
import { DriverError, isFailure } from "../../drivers/errors.ts";
import { decideSweep, type Sweep, type Swept, type SweptInstance } from "../../model/ec2-mac/sweep.ts";
import type { Instant, Tags } from "../../model/ec2-mac/types.ts";
import { inParts, instantOf, seenTask } from "./parts.ts";

/** Where to sweep and by what. */
export interface Sweeping {
  ec2: EC2Client;
  /** Its clock is right once EC2 has been asked something. */
  clock: { now(): Instant };
  policy: { mark: Tags; sweepSeconds: number };
}

/** An instance that should have been ended and was not. */
export interface SweepFailure extends Swept {
  why: DriverError;
}

/** Finds the instances that have outlived every other end. Changes nothing. @throws DriverError when it could not look */
export async function lookForOld({ ec2, clock, policy }: Sweeping, signal: AbortSignal): Promise<Sweep> {
  const seen = await describeInstances(ec2, { tags: policy.mark }, signal);
  const instances = seen.map(({ launchedAt, ...rest }): SweptInstance => {
    return { ...rest, launchedAt: instantOf(launchedAt) };
  });
  const ids = instances.filter(({ state }) => state !== "terminated").map(({ instanceId }) => instanceId);
  const tasks = await inParts(ids, (some) => describeRootVolumeTasks(ec2, some, signal));
  return decideSweep(instances, tasks.map(seenTask), policy, clock.now());
}

/**
 * Ends each by a call of its own: of one call for all, EC2 ends none when one id is unknown, and none of a zone in which
 * one is protected (API reference, `TerminateInstances`). The driver proves the mark once more. @returns those not ended
 */
export async function endOld({ ec2, policy }: Sweeping, { end }: Sweep, signal: AbortSignal): Promise<SweepFailure[]> {
  const failures: SweepFailure[] = [];
  for (const one of end) {
    try {
      await terminateInstances(ec2, [one.instanceId], policy.mark, signal);
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      if (!isFailure(error, "not-found")) failures.push({ ...one, why: error });
    }
  }
  return failures;
}
