import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import type { Instant } from "../../model/ec2-mac/types.ts";
import { type ServiceKinds, serviceCall } from "../aws/service-call.ts";
import { isFailure } from "../errors.ts";

/** The group of all schedules that give hosts back; in each region one, made when it is first needed. */
export const leasesGroup = "mac-runner-fleet-leases";

/** Error codes of the EventBridge Scheduler API reference. */
const kinds: ServiceKinds = {
  ConflictException: "already-exists",
  ResourceNotFoundException: "not-found",
  ServiceQuotaExceededException: "quota-exceeded",
  ValidationException: "invalid-argument",
};

/** Something that EventBridge Scheduler tries again and again, every 15 minutes. */
export interface LeaseSchedule {
  name: string;
  call: { action: "releaseHosts"; hostId: string } | { action: "terminateInstances"; instanceId: string };
  /** Undefined: at once. */
  from: Instant | undefined;
  /** The schedule deletes itself then. */
  until: Instant;
  roleArn: string;
}

/** The name of the schedule that releases a host. */
export function releaseScheduleName(hostId: string): string {
  return hostId;
}

/** The name of the schedule that ends the instance on a host. */
export function endScheduleName(hostId: string): string {
  return `${hostId}-end`;
}

/** Makes the schedule, or puts the one of that name right. */
export async function putLeaseSchedule(
  client: SchedulerClient,
  schedule: LeaseSchedule,
  signal?: AbortSignal,
): Promise<void> {
  const what = `schedule ${schedule.call.action} as ${leasesGroup}/${schedule.name}`;
  const input = scheduleInput(schedule);
  const made = await unless("already-exists", what, signal, (options) =>
    client.send(new CreateScheduleCommand(input), options),
  );
  if (made) return;
  await serviceCall(what, kinds, signal, (options) => client.send(new UpdateScheduleCommand(input), options));
}

/** Deletes the schedule. Succeeds when it is gone. */
export async function deleteLeaseSchedule(client: SchedulerClient, name: string, signal?: AbortSignal): Promise<void> {
  const command = new DeleteScheduleCommand({ GroupName: leasesGroup, Name: name });
  await unless("not-found", `delete the schedule ${leasesGroup}/${name}`, signal, (options) =>
    client.send(command, options),
  );
}

/** When the trying ends; undefined when there is no such schedule. */
export async function leaseScheduleEnd(
  client: SchedulerClient,
  name: string,
  signal?: AbortSignal,
): Promise<Instant | undefined> {
  const command = new GetScheduleCommand({ GroupName: leasesGroup, Name: name });
  const seen = await unless("not-found", `look up the schedule ${leasesGroup}/${name}`, signal, (options) =>
    client.send(command, options),
  );
  return seen?.EndDate && Math.floor(seen.EndDate.getTime() / 1000);
}

function scheduleInput({ name, call, from, until, roleArn }: LeaseSchedule): CreateScheduleCommandInput {
  const input = call.action === "releaseHosts" ? { HostIds: [call.hostId] } : { InstanceIds: [call.instanceId] };
  return {
    Name: name,
    GroupName: leasesGroup,
    ScheduleExpression: "rate(15 minutes)",
    ...(from === undefined ? {} : { StartDate: new Date(from * 1000) }),
    EndDate: new Date(until * 1000),
    FlexibleTimeWindow: { Mode: "OFF" },
    ActionAfterCompletion: "DELETE",
    Target: {
      Arn: `arn:aws:scheduler:::aws-sdk:ec2:${call.action}`,
      RoleArn: roleArn,
      Input: JSON.stringify(input),
      // The next time comes soon enough; an instance that is gone would be asked for 185 times more.
      RetryPolicy: { MaximumRetryAttempts: 0 },
    },
  };
}

/** Makes a call; undefined when it fails in the way that is as good as done. */
async function unless<T>(
  kind: "already-exists" | "not-found",
  what: string,
  signal: AbortSignal | undefined,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await serviceCall(what, kinds, signal, send);
  } catch (error) {
    if (isFailure(error, kind)) return undefined;
    throw error;
  }
}
