import { day, hour, minute } from "./hours.ts";
import type { Result } from "./measure.ts";
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
}

/** All policies in one world. */
export interface Comparison {
  world: string;
  jobs: number;
  /** Of every pool with a size: what ours needs for the goal. */
  hosts: number;
  rows: Row[];
  sameCost: SameCost[];
}

/** Runs a rule in a world. */
export function simulate<Memory>(world: World, rule: Rule<Memory>): Result {
  return new Simulation(world, rule).run();
}

/** The reference pool as somebody with more than some ten hosts would set it. */
const staggerFitted = "reference, stagger fitted";

const bridged = "ours, scrubs bridged";

/** How many standard deviations of its load our pool keeps spare, where it follows its demand. */
const spares = [-0.5, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5];

/** The same where it orders hosts for load that was not foreseen too. */
const fewSpares = [-1, 0, 0.5, 1, 2];

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
  const rows = [...shown.map(([policy, run]) => sizedRow(policy, run, hosts, limit)), ...freeRows(world, hosts)];
  const settings = followingRows(world, hosts);
  const [own, , ...others] = rows as [Row, Row, ...Row[]];
  return {
    world: world.name,
    jobs: own.jobs,
    hosts,
    rows: [own, ...rows.slice(1, 2), ...settings.filter(({ policy }) => policy === following(1, 0)), ...others],
    sameCost: others.map((other) => atNoHigherCost(other, [...rows.slice(0, 2), ...settings])),
  };
}

/** Our pool following its demand, from spare to ample. */
function followingRows(world: World, hosts: number): Row[] {
  const most = Math.ceil(1.3 * hosts) + 2;
  const settings = [
    ...spares.map((spare) => [spare, 0] as const),
    ...fewSpares.flatMap((spare) => [[spare, 0.8] as const, [spare, 1] as const]),
  ];
  return settings.map(([spare, answered]) => {
    const policy = sizedPolicy(most, spare, world.seed, answered);
    return { policy: following(spare, answered), ...simulate(world, ours(policy)) };
  });
}

function following(spare: number, answered: number): string {
  return `ours, by demand ${spare} / ${answered}`;
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

function atNoHigherCost(other: Row, settings: readonly Row[]): SameCost {
  const { policy: against } = other;
  const [own] = settings
    .filter((row) => row.dollarsPerJob <= other.dollarsPerJob)
    .filter((row) => row.dollarsPerJobPendingBilled <= other.dollarsPerJobPendingBilled)
    .toSorted((a, b) => a.undone - b.undone || a.waitP95 - b.waitP95 || a.waitP50 - b.waitP50);
  return own ? { against, own, verdict: verdictOf(own, other) } : { against, verdict: "behind" };
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
