import { generator } from "../../../model/ec2-mac/chance.ts";
import { type PoolPolicy, policyDefaults, type Sizing } from "../../../model/ec2-mac/policy.ts";
import type { Instant } from "../../../model/ec2-mac/types.ts";

export const minute = 60;
export const hour = 60 * minute;
export const day = 24 * hour;

/** What goes wrong while faults are on: chances for each occasion, or mean times between occasions in seconds. */
export interface Faults {
  /** That EC2 cannot be looked at, and that the CI system cannot. */
  lookFails: number;
  ciFails: number;
  /** That an action never reaches AWS, and that it does but its answer gets lost. */
  actionFails: number;
  answerLost: number;
  /** The longest lag of what AWS shows. */
  lagSeconds: number;
  /** That the controller dies at any one action, and for how long it then is away at most. */
  crash: number;
  outageSeconds: number;
  /** That a crash takes the memory along. */
  forgets: number;
  /** That an event which should wake the controller is lost, and that it comes twice. */
  eventLost: number;
  eventDoubled: number;
  instanceDiesEvery: number;
  runnerDiesEvery: number;
  hostFailsEvery: number;
  /** That AWS moves a failing host's instance to a new host with the same tags. */
  recovers: number;
  setUpFails: number;
  /** The share of time in which every set-up fails, as with an image or a package source that is broken. */
  setUpsBroken: number;
  setUpHangs: number;
  bootHangs: number;
  replacementFails: number;
  /** That a zone has no capacity at a given time. */
  noCapacity: number;
  /** That a Mac's own supervisor, or its boot deadline, does not work. */
  supervisorBroken: number;
  deadlineBroken: number;
  /** How often somebody takes a host or an instance out by its tag, and for how long at most. */
  takenOutEvery: number;
  takenOutSeconds: number;
}

/** A world with nothing going wrong. */
export const noFaults: Faults = {
  lookFails: 0,
  ciFails: 0,
  actionFails: 0,
  answerLost: 0,
  lagSeconds: 0,
  crash: 0,
  outageSeconds: 0,
  forgets: 0,
  eventLost: 0,
  eventDoubled: 0,
  instanceDiesEvery: Number.POSITIVE_INFINITY,
  runnerDiesEvery: Number.POSITIVE_INFINITY,
  hostFailsEvery: Number.POSITIVE_INFINITY,
  recovers: 0,
  setUpFails: 0,
  setUpsBroken: 0,
  setUpHangs: 0,
  bootHangs: 0,
  replacementFails: 0,
  noCapacity: 0,
  supervisorBroken: 0,
  deadlineBroken: 0,
  takenOutEvery: Number.POSITIVE_INFINITY,
  takenOutSeconds: 0,
};

/** A world that tries hard to break the pool. */
export const roughFaults: Faults = {
  lookFails: 0.03,
  ciFails: 0.05,
  actionFails: 0.05,
  answerLost: 0.05,
  lagSeconds: 5 * minute,
  crash: 0.02,
  outageSeconds: 12 * hour,
  forgets: 0.1,
  eventLost: 0.3,
  eventDoubled: 0.1,
  instanceDiesEvery: 10 * day,
  runnerDiesEvery: 10 * day,
  hostFailsEvery: 40 * day,
  recovers: 0.4,
  setUpFails: 0.04,
  setUpsBroken: 0.03,
  setUpHangs: 0.03,
  bootHangs: 0.02,
  replacementFails: 0.05,
  noCapacity: 0.4,
  supervisorBroken: 0.1,
  deadlineBroken: 0.1,
  takenOutEvery: 30 * day,
  takenOutSeconds: 10 * hour,
};

/** One run: a pool, its world and how long. */
export interface Scenario {
  seed: number;
  days: number;
  policy: PoolPolicy;
  /** While they last; between two rough times there is a calm one in which everything must come right again. */
  faults: Faults;
  roughSeconds: number;
  calmSeconds: number;
  /** How far the controller's clock is off, in seconds. */
  clockSkewSeconds: number;
  /** How often somebody changes the number of hosts, in seconds. */
  settingsEvery: number;
  /** Runners take one job each, as GitHub's do. */
  perJob: boolean;
  /** The share of time that jobs would keep a runner busy at noon. */
  load: number;
}

/** The first moment of every run. */
export const beginning: Instant = Date.UTC(2026, 0, 1) / 1000;

/** The tags that prove ownership in these worlds. */
export const mark = { "mac-runner-fleet:id": "fleet-1", "mac-runner-fleet:pool": "macs" };

/** A policy for so many hosts, with the defaults and what a person would choose for the rest. */
export function policyFor(hosts: number, changes: Partial<PoolPolicy> = {}): PoolPolicy {
  const floor = Math.max(0, hosts - Math.max(1, Math.ceil(hosts / 10)));
  return {
    ...policyDefaults,
    mark,
    hosts: declaredHosts(hosts),
    hostTags: { automation: "false" },
    zones: ["us-east-1a", "us-east-1b", "us-east-1c"],
    instanceTypes: ["mac2.metal", "mac2-m2.metal"],
    imageId: "ami-1",
    seed: 1,
    floor,
    promisedReady: floor,
    ...changes,
  };
}

/** So many declared hosts, in two zones in turn. */
export function declaredHosts(count: number): { name: string; zone: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `MacM1-${index + 1}`,
    zone: index % 2 === 0 ? "us-east-1a" : "us-east-1b",
  }));
}

/** Draws a run from its seed: mostly small pools, as small ones have most years, and now and then 200 hosts. */
export function drawScenario(seed: number, hosts: number, days: number): Scenario {
  const chance = generator(seed);
  const floor = Math.floor(chance() * hosts);
  const isClose = chance() < 0.02;
  const promisedReady = floor + Math.floor(chance() * (hosts - floor + 1));
  const recycleBy = chance() < 0.8 ? "replace-root-volume" : "terminate";
  const clockSkewSeconds = Math.round((2 * chance() - 1) * 100);
  const load = chance();
  const sizing = drawSizing(chance, hosts);
  const perJob = chance() < 0.5;
  return {
    seed,
    days,
    policy: policyFor(hosts, {
      seed,
      floor: Math.min(floor, sizing?.least ?? floor),
      promisedReady,
      recycleBy,
      sizing,
      calmLoopSeconds: isClose ? 10 * minute : 4 * hour,
      launchLoopSeconds: isClose ? 10 * minute : 20 * minute,
      setUpLoopSeconds: isClose ? 2 * minute : 10 * minute,
      // As many looks as in a real pool, which looks oftener: a one-job runner may be between two jobs at each.
      absenceLimitSeconds: isClose ? 10 * minute : 50 * minute,
    }),
    faults: roughFaults,
    roughSeconds: 20 * day,
    calmSeconds: 6 * day,
    clockSkewSeconds,
    settingsEvery: 15 * day,
    perJob,
    load,
  };
}

/** One pool in three follows its demand, some of them always with the same number. */
function drawSizing(chance: () => number, hosts: number): Sizing | undefined {
  if (chance() >= 1 / 3) return undefined;
  const least = 1 + Math.floor(chance() * hosts);
  const most = chance() < 0.3 ? least : hosts;
  return { least, most, deviations: 3 * chance(), answered: chance() };
}
