import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SimClock } from "../clock.ts";
import { instanceState } from "../rules.ts";
import type { SimState } from "../state.ts";
import { AwsCommands } from "./aws.ts";
import { ClockWatch } from "./clock-watch.ts";
import { prepareDisks } from "./disks.ts";
import { Machine } from "./machine.ts";
import type { GuestFaults, ShellResult } from "./messages.ts";
import { metadata } from "./metadata.ts";
import { findNamespaces, type Namespaces } from "./namespaces.ts";
import { type GuestPlan, planGuests } from "./plan.ts";
import { openRelays, type Relays } from "./relay.ts";
import { buildSystem } from "./system.ts";

/** How to run simulated Macs for the instances. */
export interface GuestsOptions {
  /** For their disks; made when missing, and empty of them once every instance is terminated. */
  folder: string;
  /** For every program of every Mac: where it finds its CI system, say. */
  environment?: Readonly<Record<string, string>>;
  /** Addresses on loopback that the Macs may reach, besides AWS. */
  reachable?: readonly string[];
}

/** The AWS that the Macs are part of. */
export interface World {
  state: SimState;
  clock: SimClock;
  url: string;
  /** The macOS inside shuts down; what becomes of the instance is AWS's business. */
  shutDown(instanceId: string): void;
}

/** The Macs of a simulated AWS. */
export interface Guests {
  /** True while macOS runs for the instance. */
  isUp(instanceId: string): boolean;
  /** The folder that is `/` for the instance's Mac. */
  rootOf(instanceId: string): string;
  /** Sets what goes wrong on one Mac from now on. */
  setFaults(instanceId: string, faults: GuestFaults): void;
  /** Runs a script as root on the Mac of an instance. Throws when it is not up. */
  run(instanceId: string, script: string): Promise<ShellResult>;
  /** Ends macOS on the spot; it boots again on the disks that it has. */
  reboot(instanceId: string): Promise<void>;
  /** All its processes stand still until they may go on, as on a Mac that hangs. */
  freeze(instanceId: string, isFrozen: boolean): void;
  /** Pulls the plug of every Mac. Their disks stay for the next start. */
  close(): Promise<void>;
}

interface Guest {
  folder: string;
  faults: GuestFaults;
  machine: Machine | undefined;
  /** What the running machine was started for. */
  plan: GuestPlan | undefined;
  /** It ended by itself, and is not to be started again until its plan changes. */
  isDown: boolean;
  isBusy: boolean;
}

const LOOK_MS = 50;

/**
 * Boots a Mac for each instance that runs, and pulls its plug when it does not any more.
 * @throws Error where a computer has no namespaces, with the reason
 */
export async function startGuests(options: GuestsOptions, world: World): Promise<Guests> {
  const namespaces = findNamespaces();
  if (!namespaces.ok) throw new Error(namespaces.reason);
  mkdirSync(options.folder, { recursive: true });
  buildSystem(join(options.folder, "system"));
  // For every user of every Mac.
  mkdirSync(nodeCache(options.folder), { recursive: true });
  chmodSync(nodeCache(options.folder), 0o1777);
  const relays = await openRelays(join(options.folder, "relay"), options.reachable ?? []);
  return new Runner(options, world, namespaces, relays);
}

function nodeCache(folder: string): string {
  return join(folder, "node-cache");
}

class Runner implements Guests {
  readonly #options: GuestsOptions;
  readonly #world: World;
  readonly #namespaces: Extract<Namespaces, { ok: true }>;
  readonly #relays: Relays;
  readonly #aws: AwsCommands;
  readonly #clock: ClockWatch;
  readonly #guests = new Map<string, Guest>();
  readonly #work = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: GuestsOptions, world: World, namespaces: Extract<Namespaces, { ok: true }>, relays: Relays) {
    this.#options = options;
    this.#world = world;
    this.#namespaces = namespaces;
    this.#relays = relays;
    this.#aws = new AwsCommands(world);
    this.#clock = new ClockWatch(world.clock);
    for (const instanceId of existsSync(this.#disks()) ? readdirSync(this.#disks()) : []) this.#guest(instanceId);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  isUp(instanceId: string): boolean {
    return this.#guests.get(instanceId)?.machine?.isBooted === true;
  }

  rootOf(instanceId: string): string {
    return join(this.#disks(instanceId), "root");
  }

  setFaults(instanceId: string, faults: GuestFaults): void {
    const guest = this.#guest(instanceId);
    guest.faults = faults;
    guest.machine?.tell({ kind: "faults", faults });
  }

  async run(instanceId: string, script: string): Promise<ShellResult> {
    const machine = this.#guests.get(instanceId)?.machine;
    if (!machine?.isBooted) throw new Error(`the Mac of ${instanceId} is not up`);
    return machine.run(script);
  }

  async reboot(instanceId: string): Promise<void> {
    const guest = this.#guests.get(instanceId);
    if (guest && !guest.isBusy) await this.#whileBusy(guest, () => this.#ended(guest, guest.machine, "reboot"));
  }

  freeze(instanceId: string, isFrozen: boolean): void {
    this.#guests.get(instanceId)?.machine?.freeze(isFrozen);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#work);
    await Promise.all([...this.#guests.values()].map((guest) => guest.machine?.close()));
    await this.#relays.close();
    this.#aws.close();
  }

  #look(): void {
    const setting = this.#clock.changed();
    if (setting) for (const { machine } of this.#guests.values()) machine?.tell({ kind: "clock", clock: setting });
    const plans = planGuests(this.#world.state, this.#world.clock.now());
    const ids = new Set(plans.map(({ instanceId }) => instanceId));
    for (const plan of plans) this.#settle(this.#guest(plan.instanceId), plan);
    for (const [instanceId, guest] of this.#guests) if (!ids.has(instanceId)) this.#remove(instanceId, guest);
  }

  #settle(guest: Guest, plan: GuestPlan): void {
    if (guest.isBusy) return;
    const isSame = guest.plan && JSON.stringify(guest.plan) === JSON.stringify(plan);
    if (isSame && (guest.machine || guest.isDown || !plan.isUp)) return;
    guest.isDown = false;
    void this.#whileBusy(guest, async () => {
      await guest.machine?.close();
      guest.machine = undefined;
      guest.plan = plan;
      if (plan.isUp) guest.machine = this.#boot(guest, plan);
    });
  }

  #boot(guest: Guest, plan: GuestPlan): Machine {
    const { instanceId } = plan;
    const machine: Machine = new Machine({
      namespaces: this.#namespaces,
      disks: prepareDisks(guest.folder, plan),
      system: join(this.#options.folder, "system"),
      relay: this.#relays.folder,
      nodeCache: nodeCache(this.#options.folder),
      console: join(guest.folder, "console.log"),
      boot: {
        kind: "boot",
        instanceId,
        clock: this.#clock.setting,
        faults: guest.faults,
        environment: { ...this.#options.environment },
        ports: this.#relays.ports,
        isOneUid: !this.#namespaces.isRoot,
      },
      answer: async (question) => {
        const instance = this.#world.state.instances.find((item) => item.instanceId === instanceId);
        if (!instance) throw new Error(`no instance ${instanceId}`);
        if (question.what === "aws") return this.#aws.run(instance, question.args);
        return metadata(instance, this.#world, this.#aws, question.path);
      },
      ended: (how) => void this.#whileBusy(guest, () => this.#ended(guest, machine, how)),
    });
    return machine;
  }

  async #ended(guest: Guest, machine: Machine | undefined, how: "halt" | "reboot" | "panic"): Promise<void> {
    await machine?.close();
    if (guest.machine !== machine) return;
    guest.machine = undefined;
    const instance = this.#world.state.instances.find((item) => item.instanceId === guest.plan?.instanceId);
    // What broke down by itself would break down again and again.
    guest.isDown = how !== "reboot";
    const isRunning = instance && instanceState(instance, this.#world.clock.now()) === "running";
    if (how === "halt" && isRunning) this.#world.shutDown(instance.instanceId);
  }

  #remove(instanceId: string, guest: Guest): void {
    if (guest.isBusy) return;
    void this.#whileBusy(guest, async () => {
      await guest.machine?.close();
      this.#guests.delete(instanceId);
      rmSync(guest.folder, { recursive: true, force: true });
    });
  }

  #whileBusy(guest: Guest, act: () => Promise<void>): Promise<void> {
    guest.isBusy = true;
    const work = act()
      .catch((error) => {
        console.error(`the Mac in ${guest.folder}:`, error);
        guest.isDown = true;
      })
      .finally(() => {
        guest.isBusy = false;
        this.#work.delete(work);
      });
    this.#work.add(work);
    return work;
  }

  #guest(instanceId: string): Guest {
    const known = this.#guests.get(instanceId);
    if (known) return known;
    const folder = this.#disks(instanceId);
    mkdirSync(folder, { recursive: true });
    const guest = { folder, faults: {}, machine: undefined, plan: undefined, isDown: false, isBusy: false };
    this.#guests.set(instanceId, guest);
    return guest;
  }

  #disks(instanceId = ""): string {
    return join(this.#options.folder, "disks", instanceId);
  }
}
