import type { PoolPolicy } from "./policy.ts";
import { releasableAt } from "./release.ts";
import type { Instant, SeenHost } from "./types.ts";

/** What one host has cost and done. AWS bills a host from its allocation to its release, save while it is `pending`. */
export interface LedgerEntry {
  hostId: string;
  hostName: string;
  instanceType: string;
  billedSeconds: number;
  /** In `pending`, which is a scrub. */
  unbilledSeconds: number;
  jobs: number;
  /** Up to when it is accounted for. */
  countedUntil: Instant;
  /** Up to where the jobs of its last instance are in `jobs`. Missing while it has had none. */
  countedJobs?: LifeJobs | undefined;
}

/** How many jobs an instance has finished in one of its lives. */
export interface LifeJobs {
  instanceId: string;
  /** When that life began. */
  bornAt: Instant;
  finished: number;
}

/** What was seen of one host at one look, for the ledger. */
export interface LedgerSighting {
  host: SeenHost;
  /** What the instance on it has done; undefined where there is none, or where nobody counts. */
  jobs: LifeJobs | undefined;
}

/** Price of an hour of a host, in US dollars, by instance type. */
export type HourlyPrices = Readonly<Record<string, number>>;

/**
 * Carries the ledger on to `now`. The time since the last look counts as what is seen now; a host that is new counts from
 * its allocation; what is no longer seen has been released and keeps its entry. Jobs are counted from where the entry has
 * them, so those of a look that was cut short are in the next one's.
 */
export function account(
  ledger: readonly LedgerEntry[],
  sightings: readonly LedgerSighting[],
  now: Instant,
): LedgerEntry[] {
  const entries = new Map(ledger.map((entry) => [entry.hostId, entry]));
  for (const { host, jobs } of sightings) {
    if (host.state.startsWith("released")) continue;
    const entry = entries.get(host.hostId) ?? newEntry(host);
    const seconds = Math.max(0, now - entry.countedUntil);
    const isBilled = host.state !== "pending";
    entries.set(host.hostId, {
      ...entry,
      billedSeconds: entry.billedSeconds + (isBilled ? seconds : 0),
      unbilledSeconds: entry.unbilledSeconds + (isBilled ? 0 : seconds),
      jobs: entry.jobs + newJobs(entry.countedJobs, jobs),
      countedUntil: Math.max(now, entry.countedUntil),
      countedJobs: jobs ?? entry.countedJobs,
    });
  }
  return [...entries.values()];
}

function newJobs(counted: LifeJobs | undefined, seen: LifeJobs | undefined): number {
  if (!seen) return 0;
  const isSameLife = counted?.instanceId === seen.instanceId && counted.bornAt === seen.bornAt;
  return isSameLife ? Math.max(0, seen.finished - counted.finished) : seen.finished;
}

function newEntry({ hostId, name, instanceType, allocatedAt }: SeenHost): LedgerEntry {
  const nothing = { billedSeconds: 0, unbilledSeconds: 0, jobs: 0 };
  return { hostId, hostName: name, instanceType, ...nothing, countedUntil: allocatedAt };
}

/** What a pool has cost and done. */
export interface LedgerTotal {
  billedHours: number;
  unbilledHours: number;
  jobs: number;
  dollars: number;
  /** Missing while no job has finished. */
  dollarsPerJob: number | undefined;
}

/**
 * Sums up a ledger.
 * @throws RangeError when the price of a type is missing, because a cost of 0 would be a lie
 */
export function total(ledger: readonly LedgerEntry[], prices: HourlyPrices): LedgerTotal {
  const sum = (of: (entry: LedgerEntry) => number) => ledger.reduce((all, entry) => all + of(entry), 0);
  const dollars = sum((entry) => (entry.billedSeconds / 3600) * priceOf(entry.instanceType, prices));
  const jobs = sum((entry) => entry.jobs);
  return {
    billedHours: sum((entry) => entry.billedSeconds) / 3600,
    unbilledHours: sum((entry) => entry.unbilledSeconds) / 3600,
    jobs,
    dollars,
    dollarsPerJob: jobs > 0 ? dollars / jobs : undefined,
  };
}

/** What keeping a host for another day costs, and what releasing it would mean. */
export interface KeepOrRelease {
  /** When AWS takes it back at the earliest. */
  releasableAt: Instant;
  /** What is billed until then in any case. */
  boundDollars: number;
  /** What keeping it for 24 hours after that costs. */
  keepDollars: number;
  /** What having a host again costs at least: a new lease of 24 hours. */
  returnDollars: number;
}

/**
 * Puts keeping and releasing a host side by side.
 * @throws RangeError when the price of its type is missing
 */
export function keepOrRelease(host: SeenHost, policy: PoolPolicy, prices: HourlyPrices, now: Instant): KeepOrRelease {
  const price = priceOf(host.instanceType, prices);
  const from = Math.max(now, releasableAt(host, policy));
  const leaseHours = policy.leaseSeconds / 3600;
  return {
    releasableAt: from,
    boundDollars: ((from - now) / 3600) * price,
    keepDollars: 24 * price,
    returnDollars: leaseHours * price,
  };
}

function priceOf(instanceType: string, prices: HourlyPrices): number {
  const price = prices[instanceType];
  if (price === undefined) throw new RangeError(`no price is known for ${instanceType}`);
  return price;
}
