import { leaseSeconds, minute } from "../hours.ts";
import type { Cause, Host, Order, Pool, Rule } from "../types.ts";

const maxHosts = 500;
const idleSeconds = 5 * minute;
const paidAfterSeconds = leaseSeconds + 1;
const nothing: readonly Order[] = [];
const allocate: Order = { kind: "allocate", launch: true, byItself: true, remindAfterSeconds: paidAfterSeconds };

/**
 * On demand (adobe/aquarium-fish dedicated pool): an instance for each job, on the oldest available host or else a new
 * one. Afterwards a host younger than 24 hours is scrubbed and an older one released; an idle one is scrubbed again and
 * again, which parks it where AWS does not bill.
 */
export function onDemand(): Rule<undefined> {
  return {
    name: "on demand",
    wakesOn: ["arrival", "reminder", "job-done", "stopped", "available"],
    gives: "last-idle",
    memory: undefined,
    decide: (pool, memory, cause) => ({ orders: ordersFor(pool, cause), memory }),
  };
}

function ordersFor(pool: Pool, { kind, host }: Cause): readonly Order[] {
  if (kind === "arrival") return launchForWaiting(pool);
  if (!host) return nothing;
  if (kind === "job-done") return [{ kind: "terminate", host }];
  if (kind === "stopped") return isPaid(pool, host) ? [{ kind: "release", host }] : nothing;
  if (kind === "reminder") return remindedOf(pool, host);
  const launched = launchForWaiting(pool);
  return launched.length > 0 ? launched : [{ kind: "remind", host, at: pool.now + idleSeconds }];
}

function launchForWaiting(pool: Pool): readonly Order[] {
  if (pool.waiting <= pool.starting) return nothing;
  const host = oldest(pool.available);
  if (host) return [{ kind: "launch", host, byItself: true }];
  return pool.hosts.length < maxHosts ? [allocate] : nothing;
}

/** A host with nothing on it is released a second after its lease, also during a scrub; an idle one scrubs again. */
function remindedOf(pool: Pool, host: Readonly<Host>): readonly Order[] {
  if (host.state !== "available" && host.state !== "scrubbing") return nothing;
  if (isPaid(pool, host)) return [{ kind: "release", host }];
  const isIdle = host.state === "available" && pool.now >= host.since + idleSeconds;
  return isIdle ? [{ kind: "park", host }] : nothing;
}

function isPaid({ now }: Pool, { allocatedAt }: Readonly<Host>): boolean {
  return now >= allocatedAt + paidAfterSeconds;
}

/** The one that has been allocated for longest. */
function oldest(hosts: Iterable<Readonly<Host>>): Readonly<Host> | undefined {
  let found: Readonly<Host> | undefined;
  for (const host of hosts) if (!found || host.allocatedAt < found.allocatedAt) found = host;
  return found;
}
