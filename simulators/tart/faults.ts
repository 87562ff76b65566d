import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { TartFailure } from "./failures.ts";
import { withLock } from "./locks.ts";
import { type Home, milliseconds, type World } from "./world.ts";

/**
 * What goes wrong. For every command: `hang`, `delay`, `die` and `fail`; the others for the commands they name.
 * - pull, clone: `http-403`, `http-404`, `offline`, `no-space`; clone: `prune-cache` (the cache is emptied just before)
 * - run: `keychain-locked`, `no-gui`, `slot-leak`, `socket-bind`, `wedged`, `no-lease`, `duplicate-ip`
 * - exec: `agent-absent`
 * - list, get: `config-unreadable`
 * - login: `keychain-locked`
 */
export type FaultKind =
  | "hang"
  | "delay"
  | "die"
  | "fail"
  | "http-403"
  | "http-404"
  | "offline"
  | "no-space"
  | "prune-cache"
  | "keychain-locked"
  | "no-gui"
  | "slot-leak"
  | "socket-bind"
  | "wedged"
  | "no-lease"
  | "duplicate-ip"
  | "agent-absent"
  | "config-unreadable";

/** One fault that is switched on, for so many calls. They lie in `$TART_HOME/faults.json` or where `TART_SIM_FAULTS` says. */
export interface Fault {
  command: string;
  kind: FaultKind;
  /** Calls that it strikes; 1 when not given, -1 for all. */
  times?: number;
  /** Strikes only calls with this argument. */
  name?: string;
  /** For `delay` and `hang`. */
  milliseconds?: number;
  /** For `hang`, `delay`, `die` and `fail`: after the work is done, as when the answer is lost. */
  when?: "before" | "after";
  /** For `fail`: what is written to stderr, and the exit code. */
  text?: string;
  exitCode?: number;
}

/** The faults that strike one call. */
export interface Struck {
  has(kind: FaultKind): boolean;
  /** Plays the faults that any command can have. */
  play(when: "before" | "after", world: World): Promise<void>;
}

/** Takes the faults meant for this call off the list. */
export async function takeFaults(command: string, argv: readonly string[], home: Home, world: World): Promise<Struck> {
  const path = faultsPath(home, world.env);
  if (!existsSync(path)) return struck([]);
  const poll = milliseconds(world.env, "LOCK_POLL");
  return withLock(join(home.host, "faults.lock"), poll, () => {
    const faults = JSON.parse(readFileSync(path, "utf8")) as Fault[];
    const taken = faults.filter(
      (f) => f.command === command && f.times !== 0 && (f.name === undefined || argv.includes(f.name)),
    );
    if (taken.length > 0) {
      const left = faults.map((f) => (taken.includes(f) && f.times !== -1 ? { ...f, times: (f.times ?? 1) - 1 } : f));
      writeFileSync(`${path}.new`, JSON.stringify(left));
      renameSync(`${path}.new`, path);
    }
    return struck(taken);
  });
}

function faultsPath(home: Home, env: World["env"]): string {
  return env.TART_SIM_FAULTS || join(home.root, "faults.json");
}

function struck(faults: readonly Fault[]): Struck {
  return {
    has: (kind) => faults.some((f) => f.kind === kind),
    async play(when, world) {
      for (const fault of faults.filter((f) => (f.when ?? "before") === when)) await playOne(fault, world);
    },
  };
}

async function playOne(fault: Fault, world: World): Promise<void> {
  if (fault.kind === "delay") await delay(fault.milliseconds ?? 100);
  if (fault.kind === "hang") await delay(fault.milliseconds ?? 3_600_000);
  if (fault.kind === "die") {
    world.die();
    await delay(1_000);
  }
  if (fault.kind === "fail") throw new TartFailure(fault.text ?? "failed", fault.exitCode ?? 1);
}
