import type { Instant } from "./types.ts";
import type { Place } from "./view.ts";

/** How much of a pool was in use at one look. */
export interface UtilizationSample {
  at: Instant;
  /** Hosts that the pool has, whatever for. */
  hosts: number;
  /** Runners that take jobs. */
  ready: number;
  /** Runners at work, those that are draining too. */
  busy: number;
  /** Jobs that finished since the look before. */
  jobsFinished: number;
}

/** What one look adds to the utilization series. */
export function sampleOf(places: readonly Place[], jobsFinished: number, at: Instant): UtilizationSample {
  const ready = places.filter(({ stage }) => stage === "ready").length;
  return { at, hosts: places.length, ready, busy: places.filter(isBusy).length, jobsFinished };
}

/** True while a job runs there. */
export function isBusy({ occupied }: Place): boolean {
  const runner = occupied?.instance.runner;
  return runner?.state === "registered" && runner.busy;
}
