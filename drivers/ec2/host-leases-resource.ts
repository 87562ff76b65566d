import type { EC2Client } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { madeByController, poolMark } from "../../model/ec2-mac/lease-mark.ts";
import { isControllers, isHeld, leavingHost, unwanted } from "../../model/plan/host-owners.ts";
import { DriverError } from "../errors.ts";
import { checkKnown } from "../inputs.ts";
import type { Lifecycle } from "../lifecycle.ts";
import { ec2Client } from "./client.ts";
import { describeHosts, modifyHosts, type ObservedHost } from "./hosts.ts";
import { giveBackHosts, keepHosts } from "./leases.ts";
import { proveOurs, tagResources } from "./tags.ts";

/** ModifyHosts names no limit; this many keep a request well below any. */
const BATCH = 50;

const inputsSchema = z.object({
  region: z.string().min(1),
  hostIds: z.array(z.string().regex(/^h-[0-9a-f]+$/, "not a host id")),
  names: z.array(z.string().min(1)),
  fleetId: z.string().min(1),
  pool: z.string().min(1),
  hostMaintenance: z.enum(["on", "off"]),
  /** A pool's controller sees to it that the jobs of a Mac that leaves end first. This is how long it may take. */
  graceSeconds: z.number().nonnegative(),
});

/**
 * The hosts of a pool that the program declares, which carry its mark; the names of all that the pool may have; and
 * whether AWS may move them for maintenance: the fleet says `off`.
 */
export type HostLeasesInputs = z.infer<typeof inputsSchema>;

/** The inputs as they hold now: `hostIds` without those that are gone, `hostMaintenance` as the hosts really have it. */
export type HostLeasesOutputs = HostLeasesInputs;

/**
 * Holds the leases of a pool's hosts. A host that leaves the list, or the list that goes, is given back: at once where
 * AWS takes it, else by schedules that outlast the stack. The vendor's DedicatedHost, which fails to delete a host before
 * 24 hours or under an instance, is told to retain it. One whose name the pool may still have is handed to the pool's
 * controller instead, and with the list goes what that controller has made, for demand or in place of what failed.
 *
 * It also keeps host maintenance as wanted: AWS switches it on by itself, and the vendor's resource has no argument for
 * it. A host that differs shows as drift of the whole.
 */
export const lifecycle: Lifecycle<HostLeasesInputs, HostLeasesOutputs> = {
  /** Credentials come from the SDK's own chain; no stack setting is needed. */
  configure() {},

  async check(_olds, news) {
    return { inputs: news, failures: checkKnown(inputsSchema, news) };
  },

  /** Another pool or region has other hosts: it is another resource, whose removal gives these back. */
  async diff(_id, olds, news) {
    const identity = ["region", "fleetId", "pool"] as const;
    const replaces = identity.filter((property) => olds[property] !== news[property]);
    const isSame =
      olds.hostMaintenance === news.hostMaintenance &&
      olds.graceSeconds === news.graceSeconds &&
      isSameSet(olds.hostIds, news.hostIds) &&
      isSameSet(olds.names ?? [], news.names);
    return { changes: replaces.length > 0 || !isSame, replaces };
  },

  async create(given) {
    const inputs = inputsSchema.parse(given);
    return { id: `${inputs.fleetId}/${inputs.region}/${inputs.pool}/leases`, outs: await hold(inputs) };
  },

  /** Never gone, whatever has become of the hosts: without it nobody would give back what the controller makes. */
  async read(id, outs) {
    if (outs.hostIds.length === 0) return { id, props: outs };
    return { id, props: observe(outs, await withClient(outs.region, (client) => look(client, outs))) };
  },

  async update(_id, olds, news) {
    const inputs = inputsSchema.parse(news);
    const gone = olds.hostIds.filter((hostId) => !inputs.hostIds.includes(hostId));
    const hostIds = await withClient(inputs.region, (client) => settleOwners(client, inputs, gone));
    await giveBackHosts({ ...inputs, hostIds }, inputs.graceSeconds);
    return { outs: await hold(inputs) };
  },

  /** Nobody drains a pool that is gone, so running instances end now. */
  async remove(_id, outs) {
    const hosts = await withClient(outs.region, (client) => poolHosts(client, outs));
    const controllers = hosts.filter(isControllers).map(({ hostId }) => hostId);
    await giveBackHosts({ ...outs, hostIds: [...new Set([...outs.hostIds, ...controllers])] }, 0);
  },
};

/** Hands over what the controller is to have. @returns what is to be given back */
async function settleOwners(client: EC2Client, inputs: HostLeasesInputs, gone: readonly string[]): Promise<string[]> {
  const names = new Set(inputs.names);
  const hosts = await poolHosts(client, inputs);
  const leaving = hosts.filter(({ hostId }) => gone.includes(hostId));
  const handed = leaving.filter((host) => leavingHost(host, hosts, names) === "hand-over");
  const handedIds = handed.map(({ hostId }) => hostId);
  if (handedIds.length > 0) await tagResources(client, handedIds, madeByController);
  const back = [...leaving.filter((host) => !handed.includes(host)), ...unwanted(hosts, names)];
  return [...new Set(back.map(({ hostId }) => hostId))];
}

async function hold(inputs: HostLeasesInputs): Promise<HostLeasesOutputs> {
  await withClient(inputs.region, async (client) => {
    const hosts = await look(client, inputs);
    proveOurs(
      hosts.map(({ hostId, tags }) => ({ id: hostId, tags })),
      poolMark(inputs.fleetId, inputs.pool),
    );
    const differing = hosts.filter((host) => host.hostMaintenance !== inputs.hostMaintenance);
    const ids = differing.map(({ hostId }) => hostId);
    for (let start = 0; start < ids.length; start += BATCH) {
      await modifyHosts(client, ids.slice(start, start + BATCH), { hostMaintenance: inputs.hostMaintenance });
    }
    const after = observe(inputs, await look(client, inputs));
    if (after.hostMaintenance === inputs.hostMaintenance && isSameSet(after.hostIds, inputs.hostIds)) return;
    throw new DriverError(`host maintenance of ${inputs.hostIds.join(", ")} is not ${inputs.hostMaintenance} on all`, {
      kind: "failed",
      hint: "A host may be gone or may not support the setting. Run `pulumi refresh` to see which hosts are left.",
    });
  });
  await keepHosts({ ...inputs, hostIds: [...inputs.hostIds, ...(await controllersHosts(inputs))] });
  return inputs;
}

/** What the controller has made and is to keep. */
async function controllersHosts({ region, fleetId, pool, names }: HostLeasesInputs): Promise<string[]> {
  const hosts = await withClient(region, (client) => poolHosts(client, { fleetId, pool }));
  const kept = hosts.filter((host) => isControllers(host) && names.includes(host.name));
  return kept.map(({ hostId }) => hostId);
}

/** All hosts that carry the pool's mark and are paid for. */
async function poolHosts(client: EC2Client, { fleetId, pool }: Pick<HostLeasesInputs, "fleetId" | "pool">) {
  return (await describeHosts(client, { tags: poolMark(fleetId, pool) })).filter(isHeld);
}

/** The pool's hosts that are still there. Looks at all of the region's, because one unknown id fails the whole call. */
async function look(client: EC2Client, { hostIds }: HostLeasesInputs): Promise<ObservedHost[]> {
  const all = await describeHosts(client, {});
  return all.filter((host) => hostIds.includes(host.hostId) && isHeld(host));
}

function observe(wanted: HostLeasesInputs, hosts: readonly ObservedHost[]): HostLeasesOutputs {
  const there = new Set(hosts.map(({ hostId }) => hostId));
  const other = wanted.hostMaintenance === "on" ? "off" : "on";
  const isAsWanted = hosts.every((host) => host.hostMaintenance === wanted.hostMaintenance);
  return {
    ...wanted,
    hostIds: wanted.hostIds.filter((hostId) => there.has(hostId)),
    hostMaintenance: isAsWanted ? wanted.hostMaintenance : other,
  };
}

function isSameSet(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((each) => after.includes(each));
}

async function withClient<T>(region: string, work: (client: EC2Client) => Promise<T>): Promise<T> {
  const client = ec2Client({ region });
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}
