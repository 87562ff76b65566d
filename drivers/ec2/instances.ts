import {
  type _InstanceType,
  CreateReplaceRootVolumeTaskCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeReplaceRootVolumeTasksCommand,
  type EC2Client,
  type Filter,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { z } from "zod";
import { allPages, call, parseAnswer } from "./call.ts";
import { proveOurs, type TagFilter, type Tags, tagFilters, tagList, tagsSchema } from "./tags.ts";
import { timeSchema } from "./time.ts";

/** An instance as DescribeInstances shows it. */
export interface ObservedInstance {
  instanceId: string;
  /** The tag `Name`; empty when there is none. */
  name: string;
  /** `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated` */
  state: string;
  /** The host it is on; empty when it is on none. */
  hostId: string;
  instanceType: string;
  /** After a root volume replacement the new image. */
  imageId: string;
  launchedAt: Date;
  tags: Tags;
  /** Undefined once it is terminated. */
  privateIp: string | undefined;
  /** Undefined unless its subnet gives public addresses. */
  publicDnsName: string | undefined;
  /** Why it ended, in EC2's words; undefined while it has not. */
  endReason: string | undefined;
}

/** Which instances to look at; all conditions must hold. */
export interface InstanceQuery {
  ids?: readonly string[];
  tags?: TagFilter;
  states?: readonly string[];
  hostIds?: readonly string[];
}

const instanceSchema = z
  .object({
    InstanceId: z.string(),
    State: z.object({ Name: z.string() }),
    Placement: z.object({ HostId: z.string().default("") }).default({ HostId: "" }),
    InstanceType: z.string().default(""),
    ImageId: z.string().default(""),
    LaunchTime: z.date(),
    Tags: tagsSchema,
    PrivateIpAddress: z.string().optional(),
    PublicDnsName: z.string().optional(),
    StateReason: z.object({ Message: z.string().optional() }).optional(),
  })
  .transform(
    (instance): ObservedInstance => ({
      instanceId: instance.InstanceId,
      name: instance.Tags.Name ?? "",
      state: instance.State.Name,
      hostId: instance.Placement.HostId,
      instanceType: instance.InstanceType,
      imageId: instance.ImageId,
      launchedAt: instance.LaunchTime,
      tags: instance.Tags,
      privateIp: instance.PrivateIpAddress || undefined,
      publicDnsName: instance.PublicDnsName || undefined,
      endReason: instance.StateReason?.Message || undefined,
    }),
  );

/**
 * The instances that match, terminated ones included as long as EC2 lists them.
 * @throws DriverError `not-found` when an id is unknown, which a new instance's id may be for some seconds
 */
export async function describeInstances(
  client: EC2Client,
  query: InstanceQuery,
  signal?: AbortSignal,
): Promise<ObservedInstance[]> {
  const Filters: Filter[] = tagFilters(query.tags);
  if (query.states) Filters.push({ Name: "instance-state-name", Values: [...query.states] });
  if (query.hostIds) Filters.push({ Name: "host-id", Values: [...query.hostIds] });
  const ids = query.ids ? { InstanceIds: [...query.ids] } : { MaxResults: 100 };
  const instances = await allPages(async (NextToken) => {
    const command = new DescribeInstancesCommand({ ...ids, Filters, ...(NextToken ? { NextToken } : {}) });
    const answer = await call("describe instances", signal, (options) => client.send(command, options));
    return {
      items: answer.Reservations?.flatMap((reservation) => reservation.Instances ?? []),
      nextToken: answer.NextToken,
    };
  });
  return parseAnswer("describe instances", z.array(instanceSchema), instances);
}

/** What to launch on which host. */
export interface LaunchOrder {
  hostId: string;
  /** The kind of Mac that the host is. Default: the template's, and a host of another kind refuses it. */
  instanceType?: string;
  launchTemplateName: string;
  /** A number, `$Latest` or `$Default`, which is the default. */
  launchTemplateVersion?: string;
  /** Default: the template's. */
  imageId?: string;
  /** Where its network card goes; default: the zone's default subnet, or the template's. */
  subnetId?: string;
  /** The same token gives the same instance again, so an answer that got lost never means two. */
  clientToken: string;
  /** Put on the instance besides the template's own. */
  tags: Tags;
}

/**
 * Launches an instance on a host.
 * @throws DriverError `no-capacity` when the host is occupied or scrubbing, also for some time after it looks free
 */
export async function runOnHost(
  client: EC2Client,
  order: LaunchOrder,
  signal?: AbortSignal,
): Promise<ObservedInstance> {
  const what = `launch ${order.launchTemplateName} on ${order.hostId}`;
  const command = new RunInstancesCommand({
    LaunchTemplate: {
      LaunchTemplateName: order.launchTemplateName,
      Version: order.launchTemplateVersion ?? "$Default",
    },
    Placement: { HostId: order.hostId, Tenancy: "host" },
    MinCount: 1,
    MaxCount: 1,
    ClientToken: order.clientToken,
    TagSpecifications: [{ ResourceType: "instance", Tags: tagList(order.tags) }],
    ...(order.instanceType ? { InstanceType: order.instanceType as _InstanceType } : {}),
    ...(order.imageId ? { ImageId: order.imageId } : {}),
    ...(order.subnetId ? { SubnetId: order.subnetId } : {}),
  });
  const answer = await call(what, signal, (options) => client.send(command, options));
  return parseAnswer(what, z.tuple([instanceSchema]), answer.Instances ?? [])[0];
}

/**
 * Ends instances for good; each host then scrubs for hours. Those that are terminated already stay so.
 * @throws DriverError `not-ours` when an instance lacks the mark: then none is ended
 */
export async function terminateInstances(
  client: EC2Client,
  instanceIds: readonly string[],
  mark: Tags,
  signal?: AbortSignal,
): Promise<void> {
  if (instanceIds.length === 0) return;
  const seen = await describeInstances(client, { ids: instanceIds }, signal);
  proveOurs(
    seen.map(({ instanceId, tags }) => ({ id: instanceId, tags })),
    mark,
  );
  const command = new TerminateInstancesCommand({ InstanceIds: [...instanceIds] });
  await call(`terminate ${instanceIds.join(", ")}`, signal, (options) => client.send(command, options));
}

/** EC2's checks of a running instance: `initializing` while macOS boots, then `ok` or `impaired`. */
export interface InstanceChecks {
  instanceId: string;
  system: string;
  instance: string;
}

const checksSchema = z
  .object({
    InstanceId: z.string(),
    SystemStatus: z.object({ Status: z.string() }),
    InstanceStatus: z.object({ Status: z.string() }),
  })
  .transform(
    (it): InstanceChecks => ({
      instanceId: it.InstanceId,
      system: it.SystemStatus.Status,
      instance: it.InstanceStatus.Status,
    }),
  );

/** The checks of those instances that run; the others are missing in the answer. */
export async function instanceChecks(
  client: EC2Client,
  instanceIds: readonly string[],
  signal?: AbortSignal,
): Promise<InstanceChecks[]> {
  if (instanceIds.length === 0) return [];
  const checks = await allPages(async (NextToken) => {
    const command = new DescribeInstanceStatusCommand({
      InstanceIds: [...instanceIds],
      ...(NextToken ? { NextToken } : {}),
    });
    const answer = await call("describe instance status", signal, (options) => client.send(command, options));
    return { items: answer.InstanceStatuses, nextToken: answer.NextToken };
  });
  return parseAnswer("describe instance status", z.array(checksSchema), checks);
}

/** A replacement of a root volume. */
export interface RootVolumeTask {
  taskId: string;
  instanceId: string;
  /** `pending`, `in-progress`, `succeeded`, `failing`, `failed`, `failed-detached`, `failing-detached` */
  state: string;
  imageId: string | undefined;
  startedAt: Date;
  completedAt: Date | undefined;
}

const taskSchema = z
  .object({
    ReplaceRootVolumeTaskId: z.string(),
    InstanceId: z.string(),
    TaskState: z.string(),
    ImageId: z.string().optional(),
    StartTime: timeSchema,
    // Empty while it is not over, in some answers.
    CompleteTime: z.literal("").or(timeSchema).optional(),
  })
  .transform(
    (task): RootVolumeTask => ({
      taskId: task.ReplaceRootVolumeTaskId,
      instanceId: task.InstanceId,
      state: task.TaskState,
      imageId: task.ImageId || undefined,
      startedAt: task.StartTime,
      completedAt: task.CompleteTime || undefined,
    }),
  );

/** How to renew an instance's root volume. */
export interface RootVolumeOrder {
  instanceId: string;
  /** Default: back to the state at launch. The image's root volume may not be smaller than the present one. */
  imageId?: string;
  clientToken: string;
}

/**
 * Puts a fresh root volume under a running instance, which reboots and keeps its host, id and addresses. No scrub, and
 * what is on the Mac's own disk stays. The old volume is deleted.
 * @throws DriverError `not-running`, `invalid-argument`, ...
 */
export async function replaceRootVolume(
  client: EC2Client,
  order: RootVolumeOrder,
  signal?: AbortSignal,
): Promise<RootVolumeTask> {
  const what = `replace the root volume of ${order.instanceId}`;
  const command = new CreateReplaceRootVolumeTaskCommand({
    InstanceId: order.instanceId,
    ClientToken: order.clientToken,
    DeleteReplacedRootVolume: true,
    ...(order.imageId ? { ImageId: order.imageId } : {}),
  });
  const answer = await call(what, signal, (options) => client.send(command, options));
  return parseAnswer(what, taskSchema, answer.ReplaceRootVolumeTask);
}

/** The root volume replacements of an instance, oldest first. */
export async function describeRootVolumeTasks(
  client: EC2Client,
  instanceIds: readonly string[],
  signal?: AbortSignal,
): Promise<RootVolumeTask[]> {
  const Filters = [{ Name: "instance-id", Values: [...instanceIds] }];
  const tasks = await allPages(async (NextToken) => {
    const command = new DescribeReplaceRootVolumeTasksCommand({ Filters, ...(NextToken ? { NextToken } : {}) });
    const answer = await call("describe root volume tasks", signal, (options) => client.send(command, options));
    return { items: answer.ReplaceRootVolumeTasks, nextToken: answer.NextToken };
  });
  const parsed = parseAnswer("describe root volume tasks", z.array(taskSchema), tasks);
  return parsed.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}
