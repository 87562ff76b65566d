import { daysOf, inOrder, officeJobs, overlaid, thinned, traceJobs } from "./arrivals.ts";
import { day, hour, minute, week } from "./hours.ts";
import type { Durations, Jobs, World } from "./types.ts";

/**
 * How long things take on Apple silicon: about 15 min of stopping and 6 to 20 min of boot (AWS's pages); scrubs of 1.5 to
 * 2.2 h (measured by others), one in ten 2 h longer with new firmware, so within AWS's 4.5 h; replacements of
 * 3 to 8 min and 2 to 4 min to install an agent, which are assumptions. The reference pool's own set-up takes about 10 min.
 */
export const usualDurations: Durations = {
  stopping: [13 * minute, 17 * minute],
  scrub: [1.5 * hour, 2.2 * hour],
  longScrub: { share: 0.1, extraSeconds: 2 * hour },
  replacement: [3 * minute, 8 * minute],
  boot: [6 * minute, 20 * minute],
  setUp: [2 * minute, 4 * minute],
  scriptedSetUp: [8 * minute, 12 * minute],
};

/** How the simulator of the on-demand pool has it: scrubs of 1.5 h, 7 min until a job runs, and nothing else. */
export const onDemandDurations: Durations = {
  stopping: [0, 0],
  scrub: [1.5 * hour, 1.5 * hour],
  longScrub: { share: 0, extraSeconds: 0 },
  replacement: [0, 0],
  boot: [7 * minute, 7 * minute],
  setUp: [0, 0],
  scriptedSetUp: [0, 0],
};

/** What a world is called and when its jobs come. */
export interface WorldPlan {
  name: string;
  /** One line about it for the print. */
  about: string;
  jobs(seed: number): Jobs;
  /** Jobs before this do not count: pools start and learn. */
  warmUpDays: number;
  /** Quick to run. */
  isSmall: boolean;
}

/** Every world that is compared. */
export const worldPlans: readonly WorldPlan[] = [
  {
    name: "office, small",
    about: "synthetic days, 500 jobs a week of 20 to 40 min; 4 weeks after a first one",
    jobs: (seed) => officeJobs(500, 5, seed),
    warmUpDays: 7,
    isSmall: true,
  },
  {
    name: "office, large",
    about: "synthetic days, 5,000 jobs a week of 20 to 40 min; 4 weeks after a first one",
    jobs: (seed) => officeJobs(5000, 5, seed),
    warmUpDays: 7,
    isSmall: false,
  },
  {
    name: "bitcoin-core",
    about: "its macOS jobs as they came, 5 weeks, the first to learn",
    jobs: () => traceJobs("bitcoin-core-macos"),
    warmUpDays: 7,
    isSmall: true,
  },
  {
    name: "bitcoin-core x 5",
    about: "5 copies of its macOS jobs, shifted by whole weeks, over 5 weeks, the first to learn",
    jobs: () => overlaid(traceJobs("bitcoin-core-macos"), 5, 5),
    warmUpDays: 7,
    isSmall: false,
  },
  {
    name: "julia-master x 7",
    about: "7 copies of its macOS jobs, shifted by whole weeks, over 7 weeks, the first to learn",
    jobs: () => overlaid(traceJobs("julia-master-macos"), 7, 7),
    warmUpDays: 7,
    isSmall: false,
  },
  {
    name: "firefox-ci / 10",
    about:
      "a tenth of the jobs of t-linux-metal (no macOS pool was captured); 4.6 days, the first to learn, so no past weeks",
    jobs: (seed) => thinned(traceJobs("firefox-ci-metal"), 0.1, seed),
    warmUpDays: 1,
    isSmall: false,
  },
];

/** The world of a plan. */
export function worldOf({ name, jobs, warmUpDays }: WorldPlan, seed: number): World {
  const coming = jobs(seed);
  return {
    name,
    seed,
    jobs: coming,
    durations: usualDurations,
    countFrom: warmUpDays * day,
    countUntil: daysOf(coming) * day,
  };
}

/** A week of 5,000 jobs under the on-demand pool's own figures, until its last host is released. */
export function onDemandWorld(seed: number): World {
  return {
    name: "on-demand simulator",
    seed,
    jobs: officeJobs(5000, 1, seed),
    durations: onDemandDurations,
    countFrom: 0,
    countUntil: week + 3 * day,
  };
}

/** No jobs at all, for so long: what a pool does by itself. */
export function quietWorld(days: number, seed: number): World {
  return { name: "quiet", seed, jobs: inOrder([]), durations: usualDurations, countFrom: day, countUntil: days * day };
}
