import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runtimeError } from "./failures.ts";
import { runOwner, withLock } from "./locks.ts";
import { type Home, milliseconds, type World } from "./world.ts";

/** How many macOS guests one Mac runs at once; a limit of the kernel. */
const macGuestLimit = 2;

/** A slot that a macOS guest holds. */
export interface Slot {
  release(): void;
}

interface SlotRecord {
  pid: number;
  name: string;
  /** The slot stays taken when the VM ends, until the Mac restarts. */
  isLeaking: boolean;
}

/**
 * Takes one of the two slots of the Mac.
 * @throws TartFailure when both are taken, by running VMs or by leaks
 */
export function takeSlot(home: Home, world: World, name: string, isLeaking: boolean): Promise<Slot> {
  const folder = join(home.host, "slots");
  mkdirSync(folder, { recursive: true });
  return withLock(join(home.host, "slots.lock"), milliseconds(world.env, "LOCK_POLL"), () => {
    const taken = takenSlots(folder);
    if (taken.length >= macGuestLimit)
      throw limitExceeded(taken.filter((slot) => slot.isAlive).map((slot) => slot.name));
    const file = join(folder, String(process.pid));
    writeFileSync(
      file,
      `${process.pid}\n${JSON.stringify({ pid: process.pid, name, isLeaking } satisfies SlotRecord)}`,
    );
    return { release: () => !isLeaking && rmSync(file, { force: true }) };
  });
}

/** Gives back all slots of a Mac that restarts, leaked ones too. */
export function freeAllSlots(home: Home): void {
  rmSync(join(home.host, "slots"), { recursive: true, force: true });
}

function takenSlots(folder: string): (SlotRecord & { isAlive: boolean })[] {
  return readdirSync(folder).flatMap((entry) => {
    const file = join(folder, entry);
    const record = JSON.parse(readFileSync(file, "utf8").split("\n")[1] ?? "") as SlotRecord;
    const isAlive = runOwner(file) !== undefined;
    if (isAlive || record.isLeaking) return [{ ...record, isAlive }];
    rmSync(file);
    return [];
  });
}

function limitExceeded(others: readonly string[]): Error {
  const named = others.length > 0 ? ` (other running VMs: ${others.join(", ")})` : "";
  return runtimeError(`The number of VMs exceeds the system limit${named}`);
}
