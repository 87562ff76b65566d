import type { EC2Client } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { poolMark } from "../../model/ec2-mac/lease-mark.ts";
import { DriverError } from "../errors.ts";
import { checkKnown } from "../inputs.ts";
import type { Lifecycle } from "../lifecycle.ts";
import { ec2Client } from "./client.ts";
import { describeHosts, modifyHosts, type ObservedHost } from "./hosts.ts";
import { giveBackHosts, keepHosts } from "./leases.ts";
import { proveOurs } from "./tags.ts";

/** ModifyHosts names no limit; this many keep a request well below any. */
const BATCH = 50;
/** A pool's controller sees to it that a Mac's jobs end first. This is how long it may take; as the default grace. */
const DRAIN_SECONDS = 2 * 3600;

const inputsSchema = z.object({
  region: z.string().min(1),
  hostIds: z.array(z.string().regex(/^h-[0-9a-f]+$/, "not a host id")),
  fleetId: z.string().min(1),
  pool: z.string().min(1),
  hostMaintenance: z.enum(["on", "off"]),
});

/** The hosts of a pool, which carry its mark, and whether AWS may move them for maintenance: the fleet says `off`. */
export type HostLeasesInputs = z.infer<typeof inputsSchema>;

/** The inputs as they hold now: `hostIds` without those that are gone, `hostMaintenance` as the hosts really have it. */
export type HostLeasesOutputs = HostLeasesInputs;

/**
 * Holds the leases of a pool's hosts. A host that leaves the list, or the list that goes, is given back: at once where
 * AWS takes it, else by schedules that outlast the stack. The vendor's DedicatedHost, which fails to delete a host before
 * 24 hours or under an instance, is told to retain it.
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
    const isSame = olds.hostMaintenance === news.hostMaintenance && sameHosts(olds.hostIds, news.hostIds);
    return { changes: replaces.length > 0 || !isSame, replaces };
  },

  async create(given) {
    const inputs = inputsSchema.parse(given);
    return { id: `${inputs.fleetId}/${inputs.region}/${inputs.pool}/leases`, outs: await hold(inputs) };
  },

  async read(id, outs): ReturnType<Lifecycle<HostLeasesInputs, HostLeasesOutputs>["read"]> {
    if (outs.hostIds.length === 0) return { id, props: outs };
    const hosts = await withClient(outs.region, (client) => look(client, outs));
    if (hosts.length === 0) return {};
    return { id, props: observe(outs, hosts) };
  },

  async update(_id, olds, news) {
    const inputs = inputsSchema.parse(news);
    const gone = olds.hostIds.filter((hostId) => !inputs.hostIds.includes(hostId));
    await giveBackHosts({ ...olds, hostIds: gone }, DRAIN_SECONDS);
    return { outs: await hold(inputs) };
  },

  /** Nobody drains a pool that is gone, so running instances end now. */
  async remove(_id, outs) {
    await giveBackHosts(outs, 0);
  },
};

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
    if (after.hostMaintenance === inputs.hostMaintenance && sameHosts(after.hostIds, inputs.hostIds)) return;
    throw new DriverError(`host maintenance of ${inputs.hostIds.join(", ")} is not ${inputs.hostMaintenance} on all`, {
      kind: "failed",
      hint: "A host may be gone or may not support the setting. Run `pulumi refresh` to see which hosts are left.",
    });
  });
  await keepHosts(inputs);
  return inputs;
}

/** The pool's hosts that are still there. Looks at all of the region's, because one unknown id fails the whole call. */
async function look(client: EC2Client, { hostIds }: HostLeasesInputs): Promise<ObservedHost[]> {
  const all = await describeHosts(client, {});
  return all.filter(({ hostId, state }) => hostIds.includes(hostId) && !state.startsWith("released"));
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

function sameHosts(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((hostId) => after.includes(hostId));
}

async function withClient<T>(region: string, work: (client: EC2Client) => Promise<T>): Promise<T> {
  const client = ec2Client({ region });
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}
