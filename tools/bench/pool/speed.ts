import process from "node:process";
import { decide } from "../../../model/ec2-mac/decide.ts";
import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import type { Observed } from "../../../model/ec2-mac/types.ts";
import { daysIn, simulate } from "./compare.ts";
import { onDemand } from "./rules/on-demand.ts";
import { ourPolicy, ours } from "./rules/ours.ts";
import type { Rule, World } from "./types.ts";
import { onDemandDurations, quietWorld } from "./worlds.ts";

/** How fast a policy's world goes by. */
export interface Speed {
  policy: string;
  jobs: number;
  days: number;
  daysPerSecond: number;
  /** Over all jobs of the world; 0 is what is asked for. */
  lost: number;
}

/** How long one decision takes, in microseconds: half of all decisions of a day take no longer, and 95 of 100. */
export interface DecideTime {
  hosts: number;
  decisions: number;
  p50: number;
  p95: number;
}

/**
 * Simulated days per second of processor time, the median of some rounds after one that does not count. On demand goes by
 * its own simulator's figures, so it can be compared with that one: 12 to 15 days a second in CPython 3.11.
 */
export function speeds(world: World, hosts: number, rounds: number): Speed[] {
  const whole: World = { ...world, countFrom: 0 };
  const slow: World = { ...whole, durations: onDemandDurations };
  // It takes a moment only, and some rounds until the engine has compiled it well.
  return [
    speedOf("on demand, as its simulator has it", slow, onDemand, 8 * rounds),
    speedOf(`ours, ${hosts} hosts`, whole, () => ours(ourPolicy(hosts, world.seed)), rounds),
  ];
}

function speedOf<Memory>(policy: string, world: World, rule: () => Rule<Memory>, rounds: number): Speed {
  const { jobs, lost } = simulate(world, rule());
  const seconds = Array.from({ length: rounds }, () => processorSecondsOf(() => simulate(world, rule())));
  return { policy, jobs, lost, days: daysIn(world), daysPerSecond: daysIn(world) / share(seconds, 0.5) };
}

/** Takes the time of each decision in the last day of a pool that has run for some days. */
export function decideTime(hosts: number, days: number, seed: number): DecideTime {
  const policy = ourPolicy(hosts, seed);
  const seen: [Observed, PoolPolicy, number][] = [];
  const world = quietWorld(days, seed);
  const recorder = ours(policy, (...looked) => {
    seen.push(looked);
    return decide(...looked);
  });
  simulate(world, recorder);
  const last = seen.slice(-Math.ceil(seen.length / days));
  for (const looked of last) decide(...looked);
  const micros = last.map((looked) => 1e6 * secondsOf(() => decide(...looked)));
  return { hosts, decisions: last.length, p50: share(micros, 0.5), p95: share(micros, 0.95) };
}

/** Other programs on the computer make a run take longer; they do not make it work more. */
function processorSecondsOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function secondsOf(work: () => unknown): number {
  const from = performance.now();
  work();
  return (performance.now() - from) / 1000;
}

function share(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
