import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { type Ends, scheduledEnds } from "../../../controllers/pool/ends.ts";
import { serviceConfig } from "../../../drivers/aws/service-call.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { findRole } from "../../../drivers/iam/role.ts";
import { untilAssumable } from "../../../drivers/iam/shared-role.ts";
import { ensureEndsRole } from "../../../drivers/scheduler/ends-role.ts";
import { ensureScheduleGroup, listSchedules } from "../../../drivers/scheduler/schedules.ts";
import { awsName, type PoolPlace } from "../../../model/names.ts";

/** Whose ends are scheduled, and whether the program has declared a group and a role for them. */
export interface EndsPlace {
  region: string;
  place: PoolPlace;
  isDeclared: boolean;
}

/**
 * Ends of instances for a pool that a process of a person keeps: by the group and role of its controller in AWS, or by a
 * group of its own and the account's shared role, which are made when the first end is scheduled and outlast the process.
 */
export function lazyEnds({ region, place, isDeclared }: EndsPlace): Ends & { close(): void } {
  const scheduler = new SchedulerClient(serviceConfig(region));
  // `pulumi up` may want to declare the other one later.
  const group = awsName("scheduleGroup", place, isDeclared ? undefined : "run");
  let opened: Promise<Ends> | undefined;
  const open = async (signal: AbortSignal) => {
    if (isDeclared) return findRole(region, awsName("role", place, "end"), signal).then(({ arn }) => arn);
    await ensureScheduleGroup(scheduler, group, signal);
    return ensureEndsRole(region, signal);
  };
  const ends = (signal: AbortSignal) => {
    opened ??= open(signal).then((roleArn) => scheduledEnds(scheduler, group, roleArn));
    // A failed look-up is tried again at the next look.
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return {
    async scheduled(signal) {
      try {
        return new Set(await listSchedules(scheduler, group, signal));
      } catch (error) {
        if (isFailure(error, "not-found")) return new Set();
        throw error;
      }
    },
    async schedule(instanceId, at, signal) {
      const made = await ends(signal);
      await untilAssumable(() => made.schedule(instanceId, at, signal), signal);
    },
    unschedule: async (instanceId, signal) => (await ends(signal)).unschedule(instanceId, signal),
    close: () => scheduler.destroy(),
  };
}
