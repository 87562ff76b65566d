import { hour, minute, week } from "../hours.ts";
import type { Pool, Rule, Step } from "../types.ts";
import { idleRunners, instances, launches, releaseWhenPaid } from "./leases.ts";

const hoursOfWeek = week / hour;

/** How long a job is taken to last before any has finished. */
const guessedSeconds = 30 * minute;

interface Memory {
  /** Arrivals in each hour so far. */
  counts: readonly number[];
  arrived: number;
  target: number;
}

/**
 * Square-root staffing: R + beta x sqrt(R) servers for an offered load R, anew each hour, from the arrivals in the same
 * hour of past weeks. Ignores leases, scrubs and the time that a Mac takes to boot.
 * @param mayWait the share of jobs that may have to wait, from which beta follows (Erlang C)
 */
export function squareRootStaffing(mayWait: number): Rule<Memory> {
  const beta = betaFor(mayWait);
  return {
    name: "square-root staffing",
    wakesOn: ["job-done", "stopped", "available", "reminder"],
    gives: "last-idle",
    memory: { counts: [], arrived: 0, target: 0 },
    decide(pool, memory, cause) {
      if (cause.kind === "look") return staff(pool, memory, beta);
      const isSurplus = cause.kind === "job-done" && instances(pool) > memory.target && pool.waiting === 0;
      if (isSurplus && cause.host) return { orders: [{ kind: "terminate", host: cause.host }], memory };
      return { orders: releaseWhenPaid(pool, cause), memory };
    },
  };
}

function staff(pool: Pool, memory: Memory, beta: number): Step<Memory> {
  const counts = pool.now === 0 ? [] : [...memory.counts, pool.arrived - memory.arrived];
  const meanSeconds = pool.finished > 0 ? pool.workedSeconds / pool.finished : guessedSeconds;
  const load = (expectedArrivals(counts) / hour) * meanSeconds;
  const target = Math.ceil(load + beta * Math.sqrt(load));
  const missing = target - instances(pool);
  const orders =
    missing >= 0
      ? launches(pool, missing)
      : idleRunners(pool)
          .slice(0, -missing)
          .map((host) => ({ kind: "terminate", host }) as const);
  return { orders, memory: { counts, arrived: pool.arrived, target }, lookAt: pool.now + hour };
}

/** The mean of the coming hour in past weeks; while there is none, of all past hours. */
function expectedArrivals(counts: readonly number[]): number {
  let same = 0;
  let weeks = 0;
  for (let index = counts.length - hoursOfWeek; index >= 0; index -= hoursOfWeek) {
    same += counts[index] ?? 0;
    weeks++;
  }
  if (weeks > 0) return same / weeks;
  return counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length);
}

/** Beta for a share of jobs that wait: Erlang C in the limit of large pools (Halfin and Whitt, 1981). */
export function betaFor(mayWait: number): number {
  let low = 0;
  let high = 10;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (waitShare(middle) > mayWait) low = middle;
    else high = middle;
  }
  return low;
}

function waitShare(beta: number): number {
  const density = Math.exp((-beta * beta) / 2) / Math.sqrt(2 * Math.PI);
  return 1 / (1 + (beta * normalShare(beta)) / density);
}

/** The share of a standard normal distribution up to x: Simpson's rule from 0, which is exact enough here. */
function normalShare(x: number): number {
  const steps = 200;
  const height = (at: number) => Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI);
  let sum = height(0) + height(x);
  for (let step = 1; step < steps; step++) sum += height((x * step) / steps) * (step % 2 === 1 ? 4 : 2);
  return 0.5 + (sum * x) / steps / 3;
}
