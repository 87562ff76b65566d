import { leaseSeconds, minute } from "../hours.ts";
import type { Cause, Order, Pool, Rule, Step } from "../types.ts";

const houseKeepingSeconds = 27 * minute;

const add: Order = { kind: "allocate", launch: true, byItself: true };

interface Memory {
  /** Hosts that the last decision still wants; they are made one after another. */
  toAdd: number;
}

/**
 * mapt's mac-pool house-keeping (redhat-developer/mapt) as it is meant; as coded at the revision that was read it never
 * adds. A job takes the newest free machine; giving it back replaces the root volume and sets up again.
 */
export function mapt(offered: number, max: number): Rule<Memory> {
  return {
    name: "mapt as meant",
    wakesOn: ["ready", "job-done", "stopped"],
    gives: "newest-host",
    memory: { toAdd: 0 },
    decide: (pool, memory, cause) =>
      cause.kind === "look" ? houseKeep(pool, offered, max) : { orders: [], memory, ...answer(pool, memory, cause) },
  };
}

/** One decision from what is there: no queue length, no time of day, no hysteresis. */
function houseKeep({ hosts, now }: Pool, offered: number, max: number): Step<Memory> {
  const lookAt = now + houseKeepingSeconds;
  const kept = hosts.filter(({ state }) => state !== "stopping" && state !== "scrubbing");
  const free = kept.filter(({ state, job }) => state === "ready" && job < 0);
  const destroyable = free.filter(({ allocatedAt }) => now > allocatedAt + leaseSeconds);
  if (free.length < offered && kept.length < max) {
    const wanted = Math.min(offered - free.length, max - offered);
    return { orders: wanted > 0 ? [add] : [], memory: { toAdd: Math.max(0, wanted - 1) }, lookAt };
  }
  const surplus = Math.max(0, free.length - offered);
  const orders = destroyable.slice(0, surplus).map((host): Order => ({ kind: "terminate", host }));
  return { orders, memory: { toAdd: 0 }, lookAt };
}

function answer({ hosts }: Pool, { toAdd }: Memory, { kind, host }: Cause): Partial<Step<Memory>> {
  if (!host) return {};
  if (kind === "job-done") return { orders: [{ kind: "replace", host, byItself: true }] };
  if (kind === "stopped") return { orders: [{ kind: "release", host }] };
  const isNewest = host === hosts.at(-1);
  return toAdd > 0 && isNewest ? { orders: [add], memory: { toAdd: toAdd - 1 } } : {};
}
