import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runtimeError } from "./failures.ts";

/** What one call of the simulated `tart` sees of its surroundings. Tests hand in their own to save a process. */
export interface World {
  env: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  err(text: string): void;
  /** The standard input, opened only by commands that read it. */
  stdin(): NodeJS.ReadableStream;
  /** Ends this program at once, as a crash does. */
  die(): void;
}

/** Where things lie on the simulated Mac. */
export interface Home {
  /** `$TART_HOME`, laid out like the real one. */
  root: string;
  vms: string;
  images: string;
  ipsws: string;
  tmp: string;
  /** What the real program keeps in the kernel and elsewhere on the Mac: locks, slots, leases, keychain. */
  host: string;
}

/** Opens `$TART_HOME`, creating its cache and tmp folders as loading the real configuration does. */
export function openHome(env: World["env"]): Home {
  const root = env.TART_HOME || join(env.HOME ?? "/", ".tart");
  const home = {
    root,
    vms: join(root, "vms"),
    images: join(root, "cache", "OCIs"),
    ipsws: join(root, "cache", "IPSWs"),
    tmp: join(root, "tmp"),
    host: env.TART_SIM_HOST_DIR || join(root, ".simulator"),
  };
  try {
    for (const folder of [home.vms, home.images, home.ipsws, home.tmp, home.host])
      mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw runtimeError(
      `TART_HOME is invalid: ${root} does not exist, yet we can't create it: ${(error as Error).message}`,
    );
  }
  return home;
}

/**
 * How long things take, in milliseconds, each by an environment variable `TART_SIM_<NAME>_MS`.
 * The defaults are small so that a fleet comes up in seconds; a real Mac takes 1000 times as long.
 */
const defaultMilliseconds = {
  /** From the start of the VM to an answering guest agent. */
  BOOT: 50,
  /** From boot to the DHCP lease. */
  LEASE: 20,
  /** A whole pull of an image that is not cached. */
  PULL: 0,
  /** The real guest agent client gives up after about 30 s. */
  AGENT_TIMEOUT: 2_000,
  /** The pause of `ip --wait` between looks; 1 s in the real one. */
  IP_POLL: 50,
  /** The pause between looks at a lock; the real one blocks in the kernel. */
  LOCK_POLL: 10,
  /** Between attempts at a pull that lost its connection. */
  RETRY: 10,
} as const;

/** The name of a duration that can be set. */
export type Timing = keyof typeof defaultMilliseconds;

/** How long `what` takes here, in milliseconds. */
export function milliseconds(env: World["env"], what: Timing): number {
  const set = Number(env[`TART_SIM_${what}_MS`]);
  return Number.isFinite(set) && env[`TART_SIM_${what}_MS`] !== undefined ? set : defaultMilliseconds[what];
}

/** Waits for as long as `what` takes here. */
export function pause(env: World["env"], what: Timing): Promise<void> {
  return delay(milliseconds(env, what));
}

/** The version that this stand-in follows; `TART_SIM_VERSION` selects the shapes of an older or newer one. */
export function tartVersion(env: World["env"]): string {
  return env.TART_SIM_VERSION || "2.35.0";
}
