import { day, hour, minute } from "./hours.ts";
import type { Result } from "./measure.ts";
import { type Profile, profiles } from "./profiles.ts";
import { agentScaler } from "./rules/agent-scaler.ts";
import { fixedPool } from "./rules/fixed.ts";
import { mapt } from "./rules/mapt.ts";
import { onDemand } from "./rules/on-demand.ts";
import { ourPolicy, ours, sizedPolicy, steadyPolicy } from "./rules/ours.ts";
import { referencePool, referenceStaggerSeconds } from "./rules/reference.ts";
import { squareRootStaffing } from "./rules/square-root.ts";
import { Simulation } from "./simulation.ts";
import type { Rule, World } from "./types.ts";

/** A pool is large enough when 95 of 100 jobs wait no longer than this, in seconds. */
export const waitGoalSeconds = 5 * minute;

/** One in so many jobs may have to wait, for square-root staffing. */
const mayWait = 0.05;

/** A policy in a world. */
export interface Row extends Result {
  policy: string;
  /** The smallest pool that reaches the goal; missing where the policy chooses its size or never reaches it. */
  hostsNeeded?: number;
  /** What a job costs in a pool of that size. */
  dollarsPerJobThen?: number;
}

/** Our pool as it does best without costing more for each job than another policy, with pending time billed or not. */
export interface SameCost {
  against: string;
  /** How it is set; missing when it always costs more. */
  own?: Row;
  /** Who makes jobs wait less: by the p95, and where that is equal by the p50. */
  verdict: "ahead" | "level" | "behind";
  /** Where it is behind: the cheapest of ours that makes jobs wait less, if any does. */
  instead?: Row;
}

/** All policies in one world. */
export interface Comparison {
  world: string;
  jobs: number;
  /** Of every pool with a size: what ours needs for the goal. */
  hosts: number;
  rows: Row[];
  sameCost: SameCost[];
  /** Before the time that counts. */
  daysToLearn: number;
}

/** Runs a rule in a world. */
export function simulate<Memory>(world: World, rule: Rule<Memory>): Result {
  return new Simulation(world, rule).run();
}

/** The reference pool as somebody with more than some ten hosts would set it. */
const staggerFitted = "reference, stagger fitted";

const bridged = "ours, scrubs bridged";

type Sized = (hosts: number) => Result;

/** Runs every policy in the world, and ours once more at the cost of each of the others. */
export function compare(world: World): Comparison {
  const { seed } = world;
  const ourRuns = remembering((hosts) => simulate(world, ours(ourPolicy(hosts, seed))));
  const steadyRuns = remembering((hosts) => simulate(world, ours(steadyPolicy(hosts, seed))));
  const sized: [string, Sized][] = [
    ["ours", ourRuns],
    [bridged, steadyRuns],
    ["reference pool", (hosts) => simulate(world, referencePool(hosts, seed))],
    [staggerFitted, (hosts) => simulate(world, referencePool(hosts, seed, fittedStagger(hosts)))],
    ["fixed pool", (hosts) => simulate(world, fixedPool(hosts))],
    ["mapt as meant", (hosts) => simulate(world, mapt(Math.ceil(hosts / 2), hosts))],
  ];
  const limit = 2 * hostsNeeded((hosts) => simulate(world, fixedPool(hosts)), world.jobs.arrivals.length) + 10;
  const hosts = hostsNeeded(ourRuns, limit) || limit;
  const isSmall = fittedStagger(hosts) === referenceStaggerSeconds;
  const shown = sized.filter(([policy]) => !(isSmall && policy === staggerFitted));
  const others = [
    ...shown.slice(2).map(([policy, run]) => sizedRow(policy, run, hosts, limit)),
    ...freeRows(world, hosts),
  ];
  const own = [
    ...shown.slice(0, 2).map(([policy, run]) => sizedRow(policy, run, hosts, limit)),
    ...profiles.map((profile) => followingRow(world, hosts, profile)),
  ];
  return {
    world: world.name,
    jobs: own[0]?.jobs ?? 0,
    hosts,
    rows: [...own, ...others],
    sameCost: others.map((other) => atNoHigherCost(other, own)),
    daysToLearn: world.countFrom / day,
  };
}

/** Our pool following its demand, with the same room for more hosts as one whose scrubs are bridged. */
function followingRow(world: World, hosts: number, { name, spareDeviations, answeredPercent }: Profile): Row {
  const policy = sizedPolicy(hosts + Math.ceil(hosts / 10), spareDeviations, world.seed, answeredPercent / 100);
  return { policy: `ours, ${name}`, ...simulate(world, ours(policy)) };
}

function sizedRow(policy: string, run: Sized, hosts: number, limit: number): Row {
  const needed = hostsNeeded(run, limit);
  const goal = needed > 0 ? { hostsNeeded: needed, dollarsPerJobThen: run(needed).dollarsPerJob } : {};
  return { policy, ...run(hosts), ...goal };
}

/** The policies that choose how many hosts they hold. */
function freeRows(world: World, hosts: number): Row[] {
  const scaler = (idleSeconds: number) => simulate(world, agentScaler({ max: hosts, idleSeconds }));
  return [
    { policy: "on demand", ...simulate(world, onDemand()) },
    { policy: "agent scaler, idle 10 min", ...scaler(10 * minute) },
    { policy: "agent scaler, idle 4 h", ...scaler(4 * hour) },
    { policy: "square-root staffing", ...simulate(world, squareRootStaffing(mayWait)) },
  ];
}

/** What a reference pool with more hosts than 2 hours apart can serve would have to be set to; 2 hours for a small one. */
function fittedStagger(hosts: number): number {
  return Math.min(referenceStaggerSeconds, Math.floor((20 * hour) / hosts));
}

/** The smallest pool up to `limit` that reaches the goal; 0 when none does. Larger pools are taken to do no worse. */
export function hostsNeeded(run: Sized, limit: number): number {
  const reaches = (hosts: number) => {
    const { waitP95, undone } = run(hosts);
    return undone === 0 && waitP95 <= waitGoalSeconds;
  };
  let high = 1;
  while (!reaches(high)) {
    if (high >= limit) return 0;
    high = Math.min(limit, 2 * high);
  }
  let low = high >> 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** @param settings ours, of which the best is taken that costs no more, with pending time billed or not */
export function atNoHigherCost(other: Row, settings: readonly Row[]): SameCost {
  const { policy: against } = other;
  const [own] = settings
    .filter((row) => row.dollarsPerJob <= other.dollarsPerJob)
    .filter((row) => row.dollarsPerJobPendingBilled <= other.dollarsPerJobPendingBilled)
    .toSorted((a, b) => a.undone - b.undone || a.waitP95 - b.waitP95 || a.waitP50 - b.waitP50);
  const verdict = own ? verdictOf(own, other) : "behind";
  const [instead] = settings
    .filter((row) => verdict === "behind" && verdictOf(row, other) === "ahead")
    .toSorted((a, b) => a.dollarsPerJob - b.dollarsPerJob);
  return { against, ...(own && { own }), verdict, ...(instead && { instead }) };
}

/** Who makes jobs wait less; one that does not begin some of them has the longest wait. */
export function verdictOf(own: Result, other: Result): SameCost["verdict"] {
  const difference = own.undone - other.undone || own.waitP95 - other.waitP95 || own.waitP50 - other.waitP50;
  return difference < 0 ? "ahead" : difference > 0 ? "behind" : "level";
}

function remembering(run: Sized): Sized {
  const known = new Map<number, Result>();
  return (hosts) => {
    const result = known.get(hosts) ?? run(hosts);
    known.set(hosts, result);
    return result;
  };
}

/** How long the world lasts, in days. */
export function daysIn({ countUntil }: World): number {
  return countUntil / day;
}
