import {
  AllocateHostsCommand,
  DescribeHostsCommand,
  DescribeMacHostsCommand,
  type EC2Client,
  ModifyHostsCommand,
  ReleaseHostsCommand,
  type UnsuccessfulItem,
} from "@aws-sdk/client-ec2";
import { z } from "zod";
import { DriverError } from "../errors.ts";
import { allPages, call, parseAnswer } from "./call.ts";
import { parseReleaseRefusal, type ReleaseRefusal } from "./errors.ts";
import { proveOurs, type TagFilter, type Tags, tagFilters, tagList, tagsSchema } from "./tags.ts";

/** Whether something is switched on. */
export type OnOff = "on" | "off";

/** What can be set on a host at any time. */
export interface HostSettings {
  /** Takes launches that name no host. */
  autoPlacement?: OnOff;
  /** Moves the instance to a new host, with a new id, when this one breaks. */
  hostRecovery?: OnOff;
  /** Lets AWS reboot the instance onto another host, with a new id, when this one needs maintenance. */
  hostMaintenance?: OnOff;
}

/** A dedicated host as DescribeHosts shows it. */
export interface ObservedHost {
  hostId: string;
  /** The tag `Name`; empty when there is none. */
  name: string;
  /** `available`, `pending` while it scrubs, `under-assessment`, `permanent-failure`, `released`, ... */
  state: string;
  zone: string;
  instanceType: string;
  tags: Tags;
  /** A Mac has at most one. */
  instanceIds: string[];
  /** True when a launch has room. False on an `available` host whose instance is still ending. */
  hasRoom: boolean;
  allocatedAt: Date;
  autoPlacement: OnOff;
  hostRecovery: OnOff;
  hostMaintenance: OnOff;
}

/** Which hosts to look at; all conditions must hold. */
export interface HostQuery {
  ids?: readonly string[];
  tags?: TagFilter;
  states?: readonly string[];
}

/** What became of one host of a ReleaseHosts call. */
export type ReleaseResult = { hostId: string; released: true } | ({ hostId: string; released: false } & ReleaseRefusal);

const onOff = z.enum(["on", "off"]).catch("off");
const hostSchema = z
  .object({
    HostId: z.string(),
    State: z.string(),
    AvailabilityZone: z.string(),
    HostProperties: z.object({ InstanceType: z.string().default("") }).default({ InstanceType: "" }),
    Tags: tagsSchema,
    Instances: z.array(z.object({ InstanceId: z.string() })).default([]),
    AvailableCapacity: z
      .object({ AvailableInstanceCapacity: z.array(z.object({ AvailableCapacity: z.number() })).default([]) })
      .optional(),
    AllocationTime: z.date(),
    AutoPlacement: onOff,
    HostRecovery: onOff,
    HostMaintenance: onOff,
  })
  .transform(
    (host): ObservedHost => ({
      hostId: host.HostId,
      name: host.Tags.Name ?? "",
      state: host.State,
      zone: host.AvailabilityZone,
      instanceType: host.HostProperties.InstanceType,
      tags: host.Tags,
      instanceIds: host.Instances.map((instance) => instance.InstanceId),
      hasRoom: host.AvailableCapacity?.AvailableInstanceCapacity.some((type) => type.AvailableCapacity > 0) ?? false,
      allocatedAt: host.AllocationTime,
      autoPlacement: host.AutoPlacement,
      hostRecovery: host.HostRecovery,
      hostMaintenance: host.HostMaintenance,
    }),
  );

/**
 * The hosts that match, released ones included as long as EC2 lists them.
 * @throws DriverError `not-found` when an id is unknown
 */
export async function describeHosts(
  client: EC2Client,
  query: HostQuery,
  signal?: AbortSignal,
): Promise<ObservedHost[]> {
  const Filter = tagFilters(query.tags);
  if (query.states) Filter.push({ Name: "state", Values: [...query.states] });
  const ids = query.ids ? { HostIds: [...query.ids] } : { MaxResults: 100 };
  const hosts = await allPages(async (NextToken) => {
    const command = new DescribeHostsCommand({ ...ids, Filter, ...(NextToken ? { NextToken } : {}) });
    const answer = await call("describe dedicated hosts", signal, (options) => client.send(command, options));
    return { items: answer.Hosts, nextToken: answer.NextToken };
  });
  return parseAnswer("describe dedicated hosts", z.array(hostSchema), hosts);
}

/** What to allocate. */
export interface HostOrder extends HostSettings {
  /** `us-west-2a` */
  zone: string;
  /** `mac2.metal` */
  instanceType: string;
  quantity: number;
  /** The same token gives the same hosts again, so an answer that got lost costs nothing. */
  clientToken: string;
  tags: Tags;
}

/**
 * Allocates hosts: each is paid for 24 hours at least. Gives their ids.
 * @throws DriverError `no-capacity`, `quota-exceeded`, ...
 */
export async function allocateHosts(client: EC2Client, order: HostOrder, signal?: AbortSignal): Promise<string[]> {
  const what = `allocate ${order.quantity} ${order.instanceType} in ${order.zone}`;
  const command = new AllocateHostsCommand({
    AvailabilityZone: order.zone,
    InstanceType: order.instanceType,
    Quantity: order.quantity,
    ClientToken: order.clientToken,
    TagSpecifications: [{ ResourceType: "dedicated-host", Tags: tagList(order.tags) }],
    ...settingsRequest(order),
  });
  const answer = await call(what, signal, (options) => client.send(command, options));
  return parseAnswer(what, z.array(z.string()).length(order.quantity), answer.HostIds ?? []);
}

/**
 * Changes settings of hosts.
 * @throws DriverError when EC2 refuses one of them; the others are changed
 */
export async function modifyHosts(
  client: EC2Client,
  hostIds: readonly string[],
  settings: HostSettings,
  signal?: AbortSignal,
): Promise<void> {
  if (hostIds.length === 0) return;
  const what = `change settings of ${hostIds.join(", ")}`;
  const command = new ModifyHostsCommand({ HostIds: [...hostIds], ...settingsRequest(settings) });
  const { Unsuccessful = [] } = await call(what, signal, (options) => client.send(command, options));
  if (Unsuccessful.length > 0) throw new DriverError(what, { kind: "failed", vendorText: refusalText(Unsuccessful) });
}

/**
 * Gives hosts back. AWS takes only those that are empty and older than 24 hours; each answer says which.
 * @throws DriverError `not-ours` when a host lacks the mark: then none is released
 */
export async function releaseHosts(
  client: EC2Client,
  hostIds: readonly string[],
  mark: Tags,
  signal?: AbortSignal,
): Promise<ReleaseResult[]> {
  if (hostIds.length === 0) return [];
  const seen = await describeHosts(client, { ids: hostIds }, signal);
  proveOurs(
    seen.map(({ hostId, tags }) => ({ id: hostId, tags })),
    mark,
  );
  const command = new ReleaseHostsCommand({ HostIds: [...hostIds] });
  const answer = await call(`release ${hostIds.join(", ")}`, signal, (options) => client.send(command, options));
  const released = (answer.Successful ?? []).map((hostId): ReleaseResult => ({ hostId, released: true }));
  const refused = (answer.Unsuccessful ?? []).map(
    ({ ResourceId = "", Error: why }): ReleaseResult => ({
      hostId: ResourceId,
      released: false,
      ...parseReleaseRefusal(why?.Code ?? "", why?.Message ?? ""),
    }),
  );
  return [...released, ...refused];
}

/** The macOS versions a host can launch without new firmware, newest ones need a scrub first. */
export interface MacHost {
  hostId: string;
  macosVersions: string[];
}

const macHostSchema = z
  .object({ HostId: z.string(), MacOSLatestSupportedVersions: z.array(z.string()).default([]) })
  .transform((host): MacHost => ({ hostId: host.HostId, macosVersions: host.MacOSLatestSupportedVersions }));

/** What each Mac host can launch; without ids, all of the account's. */
export async function describeMacHosts(
  client: EC2Client,
  ids?: readonly string[],
  signal?: AbortSignal,
): Promise<MacHost[]> {
  const which = ids ? { HostIds: [...ids] } : { MaxResults: 100 };
  const hosts = await allPages(async (NextToken) => {
    const command = new DescribeMacHostsCommand({ ...which, ...(NextToken ? { NextToken } : {}) });
    const answer = await call("describe Mac hosts", signal, (options) => client.send(command, options));
    return { items: answer.MacHosts, nextToken: answer.NextToken };
  });
  return parseAnswer("describe Mac hosts", z.array(macHostSchema), hosts);
}

function settingsRequest({ autoPlacement, hostRecovery, hostMaintenance }: HostSettings) {
  return {
    ...(autoPlacement ? { AutoPlacement: autoPlacement } : {}),
    ...(hostRecovery ? { HostRecovery: hostRecovery } : {}),
    ...(hostMaintenance ? { HostMaintenance: hostMaintenance } : {}),
  };
}

function refusalText(items: readonly UnsuccessfulItem[]): string {
  return items.map(({ ResourceId, Error: why }) => `${ResourceId}: ${why?.Code}: ${why?.Message}`).join("\n");
}
