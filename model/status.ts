import type { Ec2MacPoolPlan } from "./plan/ec2-mac.ts";
import type { OrkaPoolPlan } from "./plan/orka.ts";
import type { PlannedTartHost } from "./plan/tart.ts";
import type { Ec2MacPoolSettings, OrkaPoolSettings, TartPoolSettings } from "./settings.ts";
import { formatTable } from "./table.ts";

/** One line of the fleet's table: a host, or a machine in its place. Empty texts are nothing to say. */
export interface StatusRow {
  pool: string;
  kind: "ec2-mac" | "orka" | "tart";
  host: string;
  /** 1 or 2 where a Mac runs VMs. */
  slot: number | undefined;
  machine: string;
  /** What was seen; `missing` for what is declared and not there, `unknown` where nobody could look. */
  state: string;
  address: string;
  image: string;
  note: string;
}

/** What was seen of a place, or why nobody could look. Not having looked is not the same as nothing being there. */
export type Sighting<T> = { seen: T } | { failure: string };

/** A dedicated host as AWS describes it, and the instance on it. */
export interface SeenEc2Host {
  name: string;
  hostId: string;
  state: string;
  zone: string;
  instance?: { id: string; state: string; address: string; imageId: string } | undefined;
}

/** A VM of an Orka cluster. */
export interface SeenOrkaVm {
  name: string;
  status: string;
  /** Address and ssh port: with NAT, VMs of a node differ by the port only. */
  address: string;
  node: string;
  image: string;
}

/** A VM on a Mac with Tart. */
export interface SeenTartVm {
  name: string;
  state: string;
  address: string;
}

/** The rows of an EC2 Mac pool. */
export function ec2MacRows(
  pool: Ec2MacPoolSettings,
  plan: Ec2MacPoolPlan,
  sighting: Sighting<SeenEc2Host[]>,
): StatusRow[] {
  const base = { pool: pool.name, kind: pool.kind, slot: undefined } as const;
  const seen = "seen" in sighting ? sighting.seen : [];
  const absent = absence(sighting);
  const shown = new Map(plan.hosts.map(({ name }) => [name, hostNamed(name, seen)]));
  const rows = plan.hosts.flatMap((declared): StatusRow[] => {
    const found = shown.get(declared.name);
    if (found) return [{ ...base, ...describeHost(found) }];
    // Nobody misses a host that is only ordered when there are jobs for it.
    if (!declared.standing) return [];
    return [{ ...base, host: declared.name, machine: "", address: declared.zone, image: "", ...absent }];
  });
  const others = seen.filter((host) => shown.get(host.name) !== host);
  const noteOf = ({ name }: SeenEc2Host) => (shown.has(name) ? anotherOne : notDeclared);
  return [...rows, ...others.map((host) => ({ ...base, ...describeHost(host), note: noteOf(host) }))];
}

/** Of several hosts with a name, the one that can work: the others have failed, or wait to be given back. */
function hostNamed(name: string, seen: readonly SeenEc2Host[]): SeenEc2Host | undefined {
  const named = seen.filter((host) => host.name === name);
  return named.find(({ state }) => state === "available") ?? named[0];
}

function describeHost({ name, hostId, state, zone, instance }: SeenEc2Host) {
  return {
    host: `${name} ${hostId}`,
    machine: instance?.id ?? "",
    state: instance ? `${state}, ${instance.state}` : state,
    address: instance?.address || zone,
    image: instance?.imageId ?? "",
    note: instance ? "" : "no instance yet",
  };
}

/** The rows of an Orka pool. Only VMs with the fleet's mark are given; others in the cluster are not its business. */
export function orkaRows(pool: OrkaPoolSettings, plan: OrkaPoolPlan, sighting: Sighting<SeenOrkaVm[]>): StatusRow[] {
  const base = { pool: pool.name, kind: pool.kind, slot: undefined } as const;
  const seen = "seen" in sighting ? sighting.seen : [];
  const describe = (vm: SeenOrkaVm) => ({ host: vm.node, machine: vm.name, address: vm.address, image: vm.image });
  const rows = plan.vms.map((declared): StatusRow => {
    const found = seen.find(({ name }) => name === declared.name);
    return found
      ? { ...base, ...describe(found), state: found.status.toLowerCase(), note: "" }
      : { ...base, host: "", machine: declared.name, address: "", image: declared.image.image, ...absence(sighting) };
  });
  const strangers = seen.filter(({ name }) => !plan.vms.some((declared) => declared.name === name));
  return [
    ...rows,
    ...strangers.map((vm) => ({ ...base, ...describe(vm), state: vm.status.toLowerCase(), note: notDeclared })),
  ];
}

/** The rows of one Mac of a Tart pool: a slot each, or the Mac alone when it is out of service. */
export function tartRows(
  pool: TartPoolSettings,
  planned: PlannedTartHost,
  goldenName: string,
  sighting: Sighting<SeenTartVm[]>,
): StatusRow[] {
  const base = { pool: pool.name, kind: pool.kind, host: planned.host.name, image: goldenName } as const;
  const seen = "seen" in sighting ? sighting.seen : [];
  if (planned.slots.length === 0) {
    const out = {
      slot: undefined,
      machine: "",
      state: "out of service",
      address: planned.host.address,
      note: "0 slots",
    };
    return [{ ...base, ...out, image: "" }];
  }
  return planned.slots.map(({ slot, vmName }): StatusRow => {
    const found = seen.find(({ name }) => name === vmName);
    return found
      ? { ...base, slot, machine: vmName, state: found.state, address: found.address, note: "" }
      : { ...base, slot, machine: vmName, address: "", ...absence(sighting) };
  });
}

const anotherOne = "another host of this name: failed, replaced, or waiting to be given back";
const notDeclared = "marked as this fleet's, but not declared";

function absence(sighting: Sighting<unknown>): { state: string; note: string } {
  return "failure" in sighting ? { state: "unknown", note: sighting.failure } : { state: "missing", note: "" };
}

/** True when everything that is declared was seen to be there and working. */
export function isWhole(rows: readonly StatusRow[]): boolean {
  const ill = ["missing", "unknown", "failed", "stopped", "permanent-failure"];
  return rows.every(({ state }) => !ill.some((word) => state.startsWith(word)));
}

const columns = ["pool", "kind", "host", "slot", "machine", "state", "address", "image", "note"] as const;

/** The rows as a table for a terminal. */
export function formatStatus(rows: readonly StatusRow[]): string {
  return formatTable(columns, rows);
}
