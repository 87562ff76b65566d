import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import { type Ends, scheduledEnds } from "../../../controllers/pool/ends.ts";
import { findRole } from "../../../drivers/iam/role.ts";
import { awsName, type PoolPlace } from "../../../model/names.ts";

/**
 * Ends of instances for a pool that a process of a person keeps: by the group and the role that `pulumi up` has declared
 * for whoever keeps the pool. The role is looked up for each end, of which there is one in a Mac's life.
 */
export function declaredEnds(scheduler: SchedulerClient, region: string, place: PoolPlace): Ends {
  const role = async (signal: AbortSignal) => (await findRole(region, awsName("role", place, "end"), signal)).arn;
  return scheduledEnds(scheduler, awsName("scheduleGroup", place), role);
}
