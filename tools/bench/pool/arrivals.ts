import { readFileSync } from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { generator } from "../../../model/ec2-mac/chance.ts";
import { day, hour, minute, week } from "./hours.ts";
import type { Jobs } from "./types.ts";

interface Job {
  at: number;
  seconds: number;
}

/** How busy each hour of a working day is, from midnight; the peak is 1. Nights and weekends are quiet. */
const workingDay = [
  0.1, 0.08, 0.06, 0.05, 0.05, 0.07, 0.15, 0.35, 0.7, 0.9, 1, 0.95, 0.8, 0.9, 1, 0.95, 0.85, 0.7, 0.5, 0.35, 0.28, 0.22,
  0.18, 0.14,
];
const weekendShare = 0.2;

/** Jobs of 20 to 40 minutes, so many a week from a Monday on, each hour of the week with its share. */
export function officeJobs(perWeek: number, weeks: number, seed: number): Jobs {
  const next = generator(seed);
  const shares = Array.from({ length: week / hour }, (_, index) => {
    const isWeekend = index >= 5 * 24;
    return (workingDay[index % 24] as number) * (isWeekend ? weekendShare : 1);
  });
  const total = shares.reduce((sum, share) => sum + share, 0);
  const jobs: Job[] = [];
  for (let job = 0; job < perWeek * weeks; job++) {
    const hourOfWeek = pick(shares, next() * total);
    const at = Math.floor(job / perWeek) * week + Math.floor((hourOfWeek + next()) * hour);
    jobs.push({ at, seconds: Math.round((20 + 20 * next()) * minute) });
  }
  return inOrder(jobs);
}

/** The index at which the running sum of the shares passes the point. */
function pick(shares: readonly number[], point: number): number {
  let left = point;
  for (const [index, share] of shares.entries()) {
    left -= share;
    if (left < 0) return index;
  }
  return shares.length - 1;
}

/** A trace in test/traces; its README tells where they are from. */
export type TraceName = "bitcoin-core-macos" | "julia-master-macos" | "firefox-ci-metal";

/** The jobs of a trace. */
export function traceJobs(name: TraceName): Jobs {
  const file = path.join(import.meta.dirname, "../../../test/traces", `${name}.csv.gz`);
  const [, ...lines] = gunzipSync(readFileSync(file)).toString("utf8").trimEnd().split("\n");
  return inOrder(
    lines.map((line) => {
      const [at, seconds] = line.split(",");
      // A job of no length would not hold a runner; the traces round to whole seconds.
      return { at: Number(at), seconds: Math.max(1, Number(seconds)) };
    }),
  );
}

/** The first whole weeks of a trace laid over each other, copy by copy shifted by one more week. */
export function overlaid(jobs: Jobs, copies: number, weeks: number): Jobs {
  const kept = list(jobs).filter(({ at }) => at < weeks * week);
  const shifts = Array.from({ length: copies }, (_, copy) => copy * week);
  return inOrder(
    shifts.flatMap((shift) => kept.map(({ at, seconds }) => ({ at: (at + shift) % (weeks * week), seconds }))),
  );
}

/** A share of the jobs, drawn by chance. */
export function thinned(jobs: Jobs, share: number, seed: number): Jobs {
  const next = generator(seed);
  return inOrder(list(jobs).filter(() => next() < share));
}

/** Whole days until after the last arrival. */
export function daysOf({ arrivals }: Jobs): number {
  return Math.ceil(((arrivals.at(-1) ?? 0) + 1) / day);
}

/** Jobs from a list in any order. */
export function inOrder(jobs: readonly Job[]): Jobs {
  const sorted = jobs.toSorted((a, b) => a.at - b.at);
  return {
    arrivals: Int32Array.from(sorted, ({ at }) => at),
    seconds: Int32Array.from(sorted, ({ seconds }) => seconds),
  };
}

function list({ arrivals, seconds }: Jobs): Job[] {
  return Array.from(arrivals, (at, index) => ({ at, seconds: seconds[index] as number }));
}
