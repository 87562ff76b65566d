import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import { deleteSchedule, listSchedules, scheduleEnd } from "../../drivers/scheduler/schedules.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";

/** Ends of instances that AWS itself brings about, should everything else have failed. */
export interface Ends {
  /** Instances that have one. @throws DriverError */
  scheduled(signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** Makes or moves the end of an instance. @throws DriverError */
  schedule(instanceId: string, at: Instant, signal: AbortSignal): Promise<void>;
  /** Takes it away; one that is gone stays so. @throws DriverError */
  unschedule(instanceId: string, signal: AbortSignal): Promise<void>;
}

/** One-time schedules in a group that is this pool's alone; each is called like its instance. `role` gives their role's ARN. */
export function scheduledEnds(
  scheduler: SchedulerClient,
  group: string,
  role: (signal: AbortSignal) => Promise<string>,
): Ends {
  return {
    async scheduled(signal) {
      return new Set(await listSchedules(scheduler, group, signal));
    },
    async schedule(instanceId, at, signal) {
      const roleArn = await role(signal);
      await scheduleEnd(scheduler, { group, name: instanceId, instanceId, at, roleArn }, signal);
    },
    async unschedule(instanceId, signal) {
      await deleteSchedule(scheduler, group, instanceId, signal);
    },
  };
}
