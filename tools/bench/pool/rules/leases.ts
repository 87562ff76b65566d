import { leaseSeconds } from "../hours.ts";
import type { Cause, Host, Order, Pool } from "../types.ts";

const allocate: Order = { kind: "allocate", launch: true, byItself: true, remindAfterSeconds: leaseSeconds };

/** So many launches: on the hosts that have been empty for longest, else on new ones. */
export function launches({ available }: Pool, count: number): Order[] {
  const orders: Order[] = [];
  for (const host of available) {
    if (orders.length >= count) break;
    orders.push({ kind: "launch", host, byItself: true });
  }
  while (orders.length < count) orders.push(allocate);
  return orders;
}

/** Releases the host once nothing is on it and its lease is over; until then it waits to be launched again. */
export function releaseWhenPaid({ now }: Pool, { kind, host }: Cause): Order[] {
  if (!host || (kind !== "stopped" && kind !== "available" && kind !== "reminder")) return [];
  if (host.state !== "available" && host.state !== "scrubbing") return [];
  return now >= host.allocatedAt + leaseSeconds ? [{ kind: "release", host }] : [];
}

/** Instances on their way or at work. */
export function instances({ starting, online }: Pool): number {
  return starting + online;
}

/** Runners without a job, those on the hosts with the oldest leases first. */
export function idleRunners({ hosts }: Pool): Readonly<Host>[] {
  return hosts.filter(({ state, job }) => state === "ready" && job < 0);
}
