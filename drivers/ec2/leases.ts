import { DeleteTagsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  decideGiveBack,
  type GiveBackPolicy,
  type LeaseWait,
  waitForRelease,
} from "../../model/ec2-mac/lease-give-back.ts";
import { carries, leavingSince, leavingTag, poolMark } from "../../model/ec2-mac/lease-mark.ts";
import { type WaitingLease, waitingLease } from "../../model/ec2-mac/lease-waiting.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import { fleetMarkTag, poolTag } from "../../model/names.ts";
import { awsTime } from "../aws/clock.ts";
import { serviceConfig } from "../aws/service-call.ts";
import { isFailure } from "../errors.ts";
import { untilAssumable } from "../iam/shared-role.ts";
import { ensureScheduleGroup } from "../scheduler/schedules.ts";
import { call } from "./call.ts";
import { ec2Client } from "./client.ts";
import { describeHosts, type ObservedHost, releaseHosts } from "./hosts.ts";
import { describeInstances, type ObservedInstance, terminateInstances } from "./instances.ts";
import { ensureLeasesRole } from "./leases-role.ts";
import {
  deleteLeaseSchedule,
  endScheduleName,
  leaseScheduleEnd,
  leasesGroup,
  putLeaseSchedule,
  releaseScheduleName,
} from "./leases-schedules.ts";
import { tagResources } from "./tags.ts";

/** Which hosts of which pool. */
export interface PoolHosts {
  region: string;
  fleetId: string;
  pool: string;
  hostIds: readonly string[];
}

/** What became of a host that was to be given back. */
export type GivenBack = { hostId: string; reason: string } & (
  | { result: "released" | "left-alone" }
  | { result: "waiting"; releaseFrom: Instant }
);

/** What the work on one region needs. */
interface Access {
  ec2: EC2Client;
  scheduler: SchedulerClient;
  now: () => Instant;
  signal: AbortSignal | undefined;
}

/**
 * Gives hosts back: at once where AWS takes them, otherwise by schedules that outlast this program. Our own instance on
 * a host is ended, a running one after `drainSeconds`. Can be repeated after a crash at any line. A host that is gone or
 * does not carry the pool's mark is left alone.
 * @throws DriverError only when AWS cannot be asked or forbids it, never because a host has to wait
 */
export async function giveBackHosts(
  hosts: PoolHosts,
  drainSeconds: number,
  signal?: AbortSignal,
): Promise<GivenBack[]> {
  if (hosts.hostIds.length === 0) return [];
  const policy = { mark: poolMark(hosts.fleetId, hosts.pool), drainSeconds };
  return withAccess(hosts.region, signal, async (access) => {
    const seen = await lookAtHosts(access, hosts.hostIds);
    const lasting = once(() => ensureLasting(access, hosts.region));
    const results: GivenBack[] = [];
    for (const one of seen) results.push(await giveBack(access, one, policy, lasting));
    return results;
  });
}

/** Takes hosts that are in the settings again out of what leaves: their schedules go first, then the tags. */
export async function keepHosts(hosts: PoolHosts, signal?: AbortSignal): Promise<void> {
  if (hosts.hostIds.length === 0) return;
  const mark = poolMark(hosts.fleetId, hosts.pool);
  await withAccess(hosts.region, signal, async (access) => {
    const seen = await lookAtHosts(access, hosts.hostIds);
    for (const { host, instances } of seen) {
      if (leavingSince(host.tags) === undefined || !carries(host.tags, mark)) continue;
      for (const name of [endScheduleName(host.hostId), releaseScheduleName(host.hostId)])
        await deleteLeaseSchedule(access.scheduler, name, signal);
      const tagged = instances.filter(({ tags }) => carries(tags, mark)).map(({ instanceId }) => instanceId);
      await untag(access, [...tagged, host.hostId]);
    }
  });
}

/** Which hosts of a region are to be given back and still wait, and why; all fleets' without a filter. */
export async function waitingLeases(
  region: string,
  filter: { fleetId?: string; pool?: string } = {},
  signal?: AbortSignal,
): Promise<WaitingLease[]> {
  return withAccess(region, signal, async (access) => {
    const tags = {
      [leavingTag]: "*",
      ...(filter.fleetId === undefined ? {} : { [fleetMarkTag]: filter.fleetId }),
      ...(filter.pool === undefined ? {} : { [poolTag]: filter.pool }),
    };
    const hosts = await describeHosts(access.ec2, { tags }, signal);
    const there = hosts.filter(({ state }) => !state.startsWith("released"));
    const seen = await withInstances(access, there);
    const leases: WaitingLease[] = [];
    for (const { host, instances } of seen) {
      const until = await leaseScheduleEnd(access.scheduler, releaseScheduleName(host.hostId), signal);
      const lease = waitingLease({ ...host, ...leaving(host), occupants: instances, until }, access.now());
      if (lease) leases.push(lease);
    }
    return leases.toSorted((a, b) => a.releasableAt - b.releasableAt || a.hostId.localeCompare(b.hostId));
  });
}

/** A host, and what is on it. */
interface SeenHost {
  host: ObservedHost;
  instances: ObservedInstance[];
}

/** Makes what lets AWS give hosts back by itself, and tells the role. */
type Lasting = () => Promise<string>;

async function giveBack(access: Access, seen: SeenHost, policy: GiveBackPolicy, lasting: Lasting): Promise<GivenBack> {
  const { hostId } = seen.host;
  const decision = decideGiveBack(leaving(seen.host), seen.instances, policy, access.now());
  if (decision.kind === "nothing") return { hostId, result: "left-alone", reason: decision.reason };
  if (decision.kind === "wait") return waitFor(access, seen, policy, decision, lasting);
  const [answer] = await releaseHosts(access.ec2, [hostId], policy.mark, access.signal);
  if (!answer || answer.released) return { hostId, result: "released", reason: decision.reason };
  if (answer.reason === "gone") return { hostId, result: "released", reason: answer.vendorText };
  const wait = waitForRelease(leaving(seen.host), seen.instances, policy, access.now());
  return waitFor(access, seen, policy, { ...wait, reason: answer.vendorText }, lasting);
}

/** A schedule is exact to a minute, so what is due within one is due now. */
const scheduleExactSeconds = 60;

/**
 * Puts the tag first, which makes the host show as waiting and without which the schedules may do nothing; then the
 * release; then the end of the instance. So a crash anywhere leaves nothing that ends an instance and keeps its host.
 */
async function waitFor(
  access: Access,
  { host }: SeenHost,
  { mark }: GiveBackPolicy,
  wait: LeaseWait,
  lasting: Lasting,
): Promise<GivenBack> {
  const { hostId } = host;
  const { ec2, scheduler, signal, now } = access;
  const { releaseFrom, until, end, reason } = wait;
  const since = String(leavingSince(host.tags) ?? now());
  await tagResources(ec2, end ? [hostId, end.instanceId] : [hostId], { [leavingTag]: since }, signal);
  const roleArn = await lasting();
  const from = (moment: Instant) => (moment > now() + scheduleExactSeconds ? moment : undefined);
  const release = { action: "releaseHosts", hostId } as const;
  const name = releaseScheduleName(hostId);
  const schedule = { name, call: release, from: from(releaseFrom), until, roleArn };
  await untilAssumable(() => putLeaseSchedule(scheduler, schedule, signal), signal);
  if (end && from(end.from) === undefined) await endNow(access, end.instanceId, mark);
  else if (end) {
    const call = { action: "terminateInstances", instanceId: end.instanceId } as const;
    const ending = { name: endScheduleName(hostId), call, from: end.from, until: end.until, roleArn };
    await putLeaseSchedule(scheduler, ending, signal);
  }
  return { hostId, result: "waiting", releaseFrom, reason };
}

async function endNow(
  { ec2, signal }: Access,
  instanceId: string,
  mark: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await terminateInstances(ec2, [instanceId], mark, signal);
  } catch (error) {
    if (!isFailure(error, "not-found")) throw error;
  }
}

async function untag({ ec2, signal }: Access, ids: string[]): Promise<void> {
  const command = new DeleteTagsCommand({ Resources: ids, Tags: [{ Key: leavingTag }] });
  await call(`untag ${ids.join(", ")}`, signal, (options) => ec2.send(command, options));
}

async function ensureLasting({ scheduler, signal }: Access, region: string): Promise<string> {
  await ensureScheduleGroup(scheduler, leasesGroup, signal);
  return ensureLeasesRole(region, signal);
}

/** Looks at all of the region's, because one unknown id fails the whole call. */
async function lookAtHosts(access: Access, hostIds: readonly string[]): Promise<SeenHost[]> {
  const all = await describeHosts(access.ec2, {}, access.signal);
  return withInstances(
    access,
    all.filter(({ hostId }) => hostIds.includes(hostId)),
  );
}

async function withInstances({ ec2, signal }: Access, hosts: ObservedHost[]): Promise<SeenHost[]> {
  if (hosts.length === 0) return [];
  const hostIds = hosts.map(({ hostId }) => hostId);
  const instances: ObservedInstance[] = [];
  // A filter takes 200 values at most.
  for (let start = 0; start < hostIds.length; start += 200)
    instances.push(...(await describeInstances(ec2, { hostIds: hostIds.slice(start, start + 200) }, signal)));
  return hosts.map((host) => ({ host, instances: instances.filter(({ hostId }) => hostId === host.hostId) }));
}

function leaving({ hostId, state, tags, allocatedAt }: ObservedHost) {
  return { hostId, state, tags, allocatedAt: Math.ceil(allocatedAt.getTime() / 1000) };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function withAccess<T>(
  region: string,
  signal: AbortSignal | undefined,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const ec2 = ec2Client({ region });
  const scheduler = new SchedulerClient(serviceConfig(region));
  try {
    return await work({ ec2, scheduler, now: awsTime(ec2), signal });
  } finally {
    ec2.destroy();
    scheduler.destroy();
  }
}
