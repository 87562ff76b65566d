import { forecastAt } from "./forecast.ts";
import { aliveCount } from "./sizing.ts";
import { isBusy } from "./utilization.ts";
import type { View } from "./view.ts";

/** How large a pool that follows its demand is, should be, and why. */
export interface PoolSize {
  /** The fewest and the most hosts that it may have. */
  least: number;
  most: number;
  /** Hosts that it has now, and runners that are there or will be within the hour. */
  hosts: number;
  alive: number;
  /** Runners that are wanted now, and how many are not given back. */
  wanted: number;
  kept: number;
  running: number;
  /** Undefined when nobody could count them. */
  waiting: number | undefined;
  why: string;
}

/** Undefined in a pool that always has all its hosts. */
export function poolSize(view: View, waitingJobs: number | { why: string } | undefined): PoolSize | undefined {
  const { policy, size, places } = view;
  if (!policy.sizing || !size) return undefined;
  const { least, most } = policy.sizing;
  return {
    least,
    most,
    hosts: places.filter(({ role }) => role === "declared").length,
    alive: aliveCount(view),
    ...size,
    running: places.filter(isBusy).length,
    waiting: typeof waitingJobs === "number" ? waitingJobs : undefined,
    why: typeof waitingJobs === "object" ? `nothing is given back: ${waitingJobs.why}` : whyWanted(view),
  };
}

function whyWanted({ policy: { sizing }, size, memory: { demand }, now }: View): string {
  if (!sizing || !size) return "";
  const forecast = forecastAt(demand, now);
  if (!forecast) return "nothing is known of such an hour yet, so it is as large as it may be";
  const load = demand?.load ?? 0;
  const usual = `${forecast.mean.toFixed(1)} at once are usual in this hour`;
  const jobs = `${load} jobs run or wait; ${usual}`;
  if (size.wanted >= sizing.most) return `${jobs}; more hosts are not allowed`;
  return size.wanted <= sizing.least ? `${jobs}; it always has so many hosts` : jobs;
}
