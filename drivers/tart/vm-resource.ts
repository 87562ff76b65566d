import { z } from "zod";
import type { Exec } from "../exec/types.ts";
import { checkKnown, GONE } from "../inputs.ts";
import type { DiffResult, Lifecycle } from "../lifecycle.ts";
import { digestSchema, vmNameSchema } from "./check.ts";
import { isOurs, readClaim, readIdentity } from "./claim.ts";
import { tartCli } from "./cli.ts";
import { type Clock, systemClock } from "./clock.ts";
import {
  configureHosts,
  hostConnectionSchema,
  sshHosts,
  type TartHostConnection,
  type TartHosts,
} from "./host-connection.ts";
import { findPlaces } from "./host-files.ts";
import type { VmState } from "./json.ts";
import { buildVm, removeVm, type VmPorts } from "./vm-build.ts";
import { currentAddress, startVm } from "./vm-start.ts";

/** A VM that is kept running on a Mac. */
export interface TartVmInputs {
  host: TartHostConnection;
  name: string;
  /** The local golden VM that it is a copy of. */
  image: string;
  /** `sha256:…` of that image; another one means another VM. */
  imageDigest: string;
  cpu: number;
  /** In units of 1024³ bytes. */
  memoryGb: number;
  /** In units of 1000³ bytes; grows in place. */
  diskGb: number;
  fleetId: string;
}

/** A VM that is there. */
export interface TartVmOutputs extends TartVmInputs {
  /** In the Mac's own network; empty while it has none. */
  ip: string;
  macAddress: string;
  state: VmState;
}

const schema = z.object({
  host: hostConnectionSchema,
  name: vmNameSchema,
  image: vmNameSchema,
  imageDigest: digestSchema,
  cpu: z.int().min(1),
  memoryGb: z.number().positive(),
  diskGb: z.int().min(1),
  fleetId: z.string().min(1),
});

/** The life of a VM: a copy of the golden VM with an identity of its own, kept running by launchd. */
export function createTartVmLifecycle(hosts: TartHosts, clock: Clock): Lifecycle<TartVmInputs, TartVmOutputs> {
  const portsFor = async (host: TartHostConnection): Promise<VmPorts> => {
    const exec = hosts.execFor(host);
    return { exec, clock, tart: tartCli(exec), places: await findPlaces(exec) };
  };
  const make = async (news: TartVmInputs): Promise<TartVmOutputs> => {
    const inputs = schema.parse(news);
    const ports = await portsFor(inputs.host);
    const { macAddress } = await hosts.inLane(inputs.host, "change", () => buildVm(ports, inputs));
    const ip = await startVm(ports, inputs.name);
    return { ...inputs, ip, macAddress, state: "running" };
  };
  return {
    configure: configureHosts,
    check: async (_olds, news) => ({ inputs: news, failures: checkKnown(schema, news) }),
    diff: async (_id, olds, news) => diff(olds, news),
    async create(news) {
      return { id: `${news.host.name}/${news.name}`, outs: await make(news) };
    },
    async read(id, outs) {
      const props = await observe(hosts.execFor(outs.host), outs);
      return props ? { id, props } : GONE;
    },
    async update(_id, _olds, news) {
      return { outs: await make(news) };
    },
    async remove(_id, { host, name, fleetId }) {
      const ports = await portsFor(host);
      await hosts.inLane(host, "change", () => removeVm(ports, name, fleetId));
    },
  };
}

/** For Pulumi. */
export const lifecycle = createTartVmLifecycle(sshHosts, systemClock);

/** The new one takes the name and the slot of the old one, so the old one goes first. */
function diff(olds: TartVmOutputs, news: TartVmInputs): DiffResult {
  const replaces = [
    ...(olds.host.name === news.host.name ? [] : ["host"]),
    ...(["name", "image", "imageDigest", "fleetId"] as const).filter((key) => olds[key] !== news[key]),
    ...(news.diskGb < olds.diskGb ? ["diskGb"] : []),
  ];
  const inPlace =
    (["cpu", "memoryGb", "diskGb"] as const).some((key) => olds[key] !== news[key]) ||
    (["address", "port", "user", "hostKey"] as const).some((key) => olds.host[key] !== news.host[key]) ||
    olds.state !== "running";
  return { changes: inPlace || replaces.length > 0, replaces, deleteBeforeReplace: true };
}

/** What the VM is now; undefined when it is gone or somebody else's has its name. */
async function observe(exec: Exec, outs: TartVmOutputs): Promise<TartVmOutputs | undefined> {
  const places = await findPlaces(exec);
  const claim = await readClaim(exec, places, outs.name);
  const identity = await readIdentity(exec, places, outs.name);
  if (!identity || !isOurs(claim, outs.fleetId, identity)) return undefined;
  const tart = tartCli(exec);
  const { cpu, memoryMb, diskGb, state } = await tart.get(outs.name);
  const ip = (state === "running" ? await currentAddress(tart, outs.name) : undefined) ?? "";
  return { ...outs, cpu, memoryGb: memoryMb / 1024, diskGb, state, macAddress: identity.macAddress, ip };
}
