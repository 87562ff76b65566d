import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  ListSchedulesCommand,
  type SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { z } from "zod";
import { type ServiceKinds, serviceCall } from "../aws/service-call.ts";
import { allPages, parseAnswer } from "../ec2/call.ts";
import { isFailure } from "../errors.ts";

/** Error codes of the EventBridge Scheduler API reference. */
const kinds: ServiceKinds = {
  ConflictException: "already-exists",
  ResourceNotFoundException: "not-found",
  ServiceQuotaExceededException: "quota-exceeded",
  ValidationException: "invalid-argument",
};

/** Makes a schedule group unless it is there. */
export async function ensureScheduleGroup(client: SchedulerClient, group: string, signal?: AbortSignal): Promise<void> {
  const command = new CreateScheduleGroupCommand({ Name: group });
  try {
    const what = `make the schedule group ${group}`;
    await serviceCall(what, kinds, signal, (options) => client.send(command, options));
  } catch (error) {
    if (!isFailure(error, "already-exists")) throw error;
  }
}

/** One end of one instance, which AWS brings about whatever has become of this fleet's programs. */
export interface OneTimeEnd {
  /** The schedule group, which must be there. */
  group: string;
  name: string;
  instanceId: string;
  /** In seconds since 1970. */
  at: number;
  /** The role by which the schedule ends the instance. */
  roleArn: string;
}

/** Scheduler calls EC2 itself ("universal target"). */
const terminateTarget = "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances";

/** Makes the schedule, or moves the one of that name. It deletes itself once it has run. */
export async function scheduleEnd(client: SchedulerClient, end: OneTimeEnd, signal?: AbortSignal): Promise<void> {
  const input = scheduleOf(end);
  const what = `schedule the end of ${end.instanceId}`;
  try {
    const command = new CreateScheduleCommand(input);
    await serviceCall(what, kinds, signal, (options) => client.send(command, options));
  } catch (error) {
    if (!isFailure(error, "already-exists")) throw error;
    const command = new UpdateScheduleCommand(input);
    await serviceCall(what, kinds, signal, (options) => client.send(command, options));
  }
}

function scheduleOf({ group, name, instanceId, at, roleArn }: OneTimeEnd): CreateScheduleCommandInput {
  return {
    GroupName: group,
    Name: name,
    ScheduleExpression: `at(${new Date(at * 1000).toISOString().slice(0, 19)})`,
    ScheduleExpressionTimezone: "UTC",
    FlexibleTimeWindow: { Mode: "OFF" },
    ActionAfterCompletion: "DELETE",
    Target: { Arn: terminateTarget, RoleArn: roleArn, Input: JSON.stringify({ InstanceIds: [instanceId] }) },
  };
}

/** Deletes a schedule. Succeeds when it is gone, having run for instance. */
export async function deleteSchedule(
  client: SchedulerClient,
  group: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const command = new DeleteScheduleCommand({ GroupName: group, Name: name });
  try {
    await serviceCall(`delete the schedule ${group}/${name}`, kinds, signal, (options) =>
      client.send(command, options),
    );
  } catch (error) {
    if (!isFailure(error, "not-found")) throw error;
  }
}

/** The names of a group's schedules. @throws DriverError `not-found` when there is no such group */
export async function listSchedules(client: SchedulerClient, group: string, signal?: AbortSignal): Promise<string[]> {
  const what = `list the schedules of ${group}`;
  const schedules = await allPages(async (NextToken) => {
    const command = new ListSchedulesCommand({ GroupName: group, ...(NextToken ? { NextToken } : {}) });
    const answer = await serviceCall(what, kinds, signal, (options) => client.send(command, options));
    return { items: answer.Schedules, nextToken: answer.NextToken };
  });
  return parseAnswer(what, z.array(z.object({ Name: z.string() })), schedules).map(({ Name }) => Name);
}
