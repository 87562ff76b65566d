import type { EC2Client } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { fleetMarkTag } from "../../model/names.ts";
import { DriverError } from "../errors.ts";
import { checkKnown } from "../inputs.ts";
import type { Lifecycle } from "../lifecycle.ts";
import { ec2Client } from "./client.ts";
import { describeHosts, modifyHosts, type ObservedHost } from "./hosts.ts";
import { proveOurs } from "./tags.ts";

/** ModifyHosts names no limit; this many keep a request well below any. */
const BATCH = 50;

const inputsSchema = z.object({
  region: z.string().min(1),
  hostIds: z.array(z.string().regex(/^h-[0-9a-f]+$/, "not a host id")),
  hostMaintenance: z.enum(["on", "off"]),
  fleetId: z.string().min(1),
});

/** Host maintenance of all hosts of a pool. Hosts must carry the fleet's mark. */
export type HostMaintenanceInputs = z.infer<typeof inputsSchema>;

/** The inputs as they hold now: `hostIds` without those that are gone, `hostMaintenance` as the hosts really have it. */
export type HostMaintenanceOutputs = HostMaintenanceInputs;

/**
 * Keeps host maintenance as wanted on the hosts of one pool: AWS switches it on by itself, and the vendor's
 * DedicatedHost resource has no argument for it. A host that differs shows as drift of the whole.
 */
export const lifecycle: Lifecycle<HostMaintenanceInputs, HostMaintenanceOutputs> = {
  /** Credentials come from the SDK's own chain; no stack setting is needed. */
  configure() {},

  async check(_olds, news) {
    return { inputs: news, failures: checkKnown(inputsSchema, news) };
  },

  async diff(_id, olds, news) {
    const replaces = olds.region === news.region ? [] : ["region"];
    const isSame = olds.hostMaintenance === news.hostMaintenance && olds.fleetId === news.fleetId;
    const changes = replaces.length > 0 || !isSame || !sameHosts(olds.hostIds, news.hostIds);
    return { changes, replaces };
  },

  async create(inputs) {
    const { region, fleetId } = inputsSchema.parse(inputs);
    return { id: `${fleetId}/${region}/host-maintenance`, outs: await apply(inputs) };
  },

  async read(id, outs): ReturnType<Lifecycle<HostMaintenanceInputs, HostMaintenanceOutputs>["read"]> {
    if (outs.hostIds.length === 0) return { id, props: outs };
    const hosts = await withClient(outs.region, (client) => look(client, outs));
    if (hosts.length === 0) return {};
    return { id, props: observe(outs, hosts) };
  },

  async update(_id, _olds, news) {
    return { outs: await apply(news) };
  },

  /**
   * Nothing to undo. A host that leaves the pool is about to be released; one that stays allocated would, with
   * maintenance back on, be moved to another id under somebody who was never asked.
   */
  async remove() {},
};

async function apply(given: HostMaintenanceInputs): Promise<HostMaintenanceOutputs> {
  const inputs = inputsSchema.parse(given);
  return withClient(inputs.region, async (client) => {
    const hosts = await look(client, inputs);
    proveOurs(
      hosts.map(({ hostId, tags }) => ({ id: hostId, tags })),
      { [fleetMarkTag]: inputs.fleetId },
    );
    const differing = hosts
      .filter((host) => host.hostMaintenance !== inputs.hostMaintenance)
      .map((host) => host.hostId);
    for (let start = 0; start < differing.length; start += BATCH) {
      await modifyHosts(client, differing.slice(start, start + BATCH), { hostMaintenance: inputs.hostMaintenance });
    }
    const after = observe(inputs, await look(client, inputs));
    if (after.hostMaintenance === inputs.hostMaintenance && sameHosts(after.hostIds, inputs.hostIds)) return inputs;
    throw new DriverError(`host maintenance of ${inputs.hostIds.join(", ")} is not ${inputs.hostMaintenance} on all`, {
      kind: "failed",
      hint: "A host may be gone or may not support the setting. Run `pulumi refresh` to see which hosts are left.",
    });
  });
}

/** The pool's hosts that are still there. Looks at all of the region's, because one unknown id fails the whole call. */
async function look(client: EC2Client, { hostIds }: HostMaintenanceInputs): Promise<ObservedHost[]> {
  const all = await describeHosts(client, {});
  return all.filter(({ hostId, state }) => hostIds.includes(hostId) && !state.startsWith("released"));
}

function observe(wanted: HostMaintenanceInputs, hosts: readonly ObservedHost[]): HostMaintenanceOutputs {
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
