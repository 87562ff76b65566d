import type { Demand } from "./demand.ts";
import type { PoolPolicy } from "./policy.ts";

/**
 * What the rules of an EC2 Mac pool work on: what was seen, what is remembered, and what is to be done about it.
 * All rules are pure. Their only clock is the `now` they are given; it should be EC2's own (the `Date` of its answer).
 */

/** A moment: seconds since 1970, UTC. */
export type Instant = number;

/** AWS tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** A dedicated host as DescribeHosts shows it. */
export interface SeenHost {
  hostId: string;
  /** The tag `Name`; empty when there is none. */
  name: string;
  /** AWS's word: `available`, `pending` while it scrubs, `under-assessment`, `permanent-failure`, `released`, ... */
  state: string;
  zone: string;
  instanceType: string;
  allocatedAt: Instant;
  /** A Mac has at most one. */
  instanceIds: readonly string[];
  /** True when a launch has room; false on an `available` host whose instance is still ending. */
  hasRoom: boolean;
  tags: Tags;
}

/** What is known of an instance's set-up. Not having looked is a state of its own. */
export type SetUpSighting =
  | { state: "none" }
  /** `startedAt` is missing when the Mac's own note of it cannot be read. */
  | { state: "running"; startedAt?: Instant }
  | { state: "done" }
  | { state: "failed"; text: string }
  | { state: "unknown"; why: string };

/** What the CI system's API tells of an instance's runner. Log files on the Mac are not asked: jobs can write them. */
export type RunnerSighting =
  | {
      state: "registered";
      busy: boolean;
      /** False once it has been told to take no further job. */
      accepting: boolean;
      /** Jobs finished in this life; missing when they could not be counted. */
      jobsFinished?: number;
      /**
       * A text that is another one once a further job has finished, for CI systems that give no count; empty while none
       * has. Counting its changes is the memory's part: see jobs.ts.
       */
      jobMark?: string;
    }
  | { state: "absent" }
  | { state: "unknown"; why: string };

/** An instance as DescribeInstances shows it, with what was found on it and what the CI system knows of it. */
export interface SeenInstance {
  instanceId: string;
  hostId: string;
  /** `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated` */
  state: string;
  imageId: string;
  /** The launch, which a root volume replacement does not change. */
  launchedAt: Instant;
  tags: Tags;
  /** EC2's own checks: `initializing` while macOS boots. */
  checks: "initializing" | "ok" | "impaired" | "unknown";
  setUp: SetUpSighting;
  runner: RunnerSighting;
}

/** A replacement of a root volume, from AWS's own record. */
export interface RootVolumeTask {
  taskId: string;
  instanceId: string;
  /** `pending`, `in-progress`, `succeeded`, `failing`, `failed`, `failed-detached`, `failing-detached` */
  state: string;
  startedAt: Instant;
  completedAt?: Instant;
}

/**
 * How a life ended up: `asked` has no answer yet, `running` is not proved, `refused` never began: a launch for want of room, a
 * replacement for any reason.
 */
export type LifeResult = "asked" | "running" | "ready" | "failed" | "refused";

/** One life that the controller began, or tried to. */
export interface LifeRecord {
  kind: "launch" | "replacement";
  clientToken: string;
  hostId: string;
  imageId: string;
  askedAt: Instant;
  result: LifeResult;
  /** When the result was learned last. */
  resultAt?: Instant;
  instanceId?: string;
  /** As ordered, while there is no answer: AWS takes the same token again only for the same tags. */
  tags?: Tags;
}

/** A host that the controller ordered, or tried to. */
export interface AllocationRecord {
  clientToken: string;
  hostName: string;
  zone: string;
  instanceType: string;
  askedAt: Instant;
  /** `asked` has no answer yet. */
  result: "asked" | "allocated" | "failed";
  answeredAt?: Instant;
  hostId?: string;
}

/** A place that had no capacity, or no quota, when it was last asked. */
export interface CapacityRefusal {
  zone: string;
  instanceType: string;
  why: "no-capacity" | "quota-exceeded";
  at: Instant;
  /** How many times in a row. */
  times: number;
}

/** What becomes of an instance that is drained. */
export type RecycleWay = "replace-root-volume" | "terminate";

/** An instance that has been told to take no further job. */
export interface Drain {
  /** When this was decided first. */
  since: Instant;
  /**
   * When the CI system first answered, be it with a refusal, as GitHub does while a job runs: the grace begins here. Missing
   * while it may never have been asked.
   */
  toldAt?: Instant | undefined;
  /** True once the CI system has said that the runner takes no more. */
  answered: boolean;
  way: RecycleWay;
  why: string;
}

/** How long one full scrub took: from `pending` seen to `available` seen. */
export interface ScrubSample {
  zone: string;
  instanceType: string;
  seconds: number;
  at: Instant;
}

/** This pool's last quarantine of a host. */
export interface Quarantine {
  until: Instant;
  /** When a person last ended one early: what failed before it counts no more. */
  liftedAt?: Instant | undefined;
}

/** How many jobs have been seen to finish in one life of an instance. */
export interface JobCount {
  /** The life's beginning. */
  bornAt: Instant;
  finished: number;
  /** The runner's {@link RunnerSighting} `jobMark` when it was seen last. */
  mark: string;
}

/** What the controller keeps from look to look. Losing it costs time, never a machine: see the tests. */
export interface PoolMemory {
  /** Since when it remembers; missing when it has never looked. */
  since?: Instant;
  /** When it was last looked at the pool. */
  lookedAt?: Instant;
  /** Which host has each name. */
  hostIds: Readonly<Record<string, string>>;
  /** Oldest first. Kept for two days, and for each host its last few. */
  lives: readonly LifeRecord[];
  /** The last order for each name. */
  allocations: readonly AllocationRecord[];
  refusals: readonly CapacityRefusal[];
  /** By instance. */
  drains: Readonly<Record<string, Drain>>;
  /** Since when each host is on its way out, whatever for, by host. */
  removals: Readonly<Record<string, Instant>>;
  /** Since when a runner that should be there is absent, by instance. */
  absentSince: Readonly<Record<string, Instant>>;
  /** When a set-up was first seen running, by instance. */
  setUpSeenAt: Readonly<Record<string, Instant>>;
  /** When a runner was first seen to take jobs in the present life, by instance. */
  readyAt: Readonly<Record<string, Instant>>;
  /** By host. */
  quarantines: Readonly<Record<string, Quarantine>>;
  /** Jobs of the present life, by instance. */
  jobs: Readonly<Record<string, JobCount>>;
  /** Since when each host is in the state it is in; from here scrub times are learned. */
  hostStates: Readonly<Record<string, { state: string; since: Instant }>>;
  scrubs: readonly ScrubSample[];
  /** Missing until the first look. */
  demand?: Demand | undefined;
}

/**
 * Everything a decision is made from. EC2's part is whole: a controller that could not look at EC2 does not decide.
 * Runners and set-ups that nobody could look at are `unknown` here.
 */
export interface Observed {
  hosts: readonly SeenHost[];
  instances: readonly SeenInstance[];
  rootVolumeTasks: readonly RootVolumeTask[];
  /** As {@link learn} left it. */
  memory: PoolMemory;
  /** Jobs that wait for a runner of the pool, or why nobody could count them; missing where nobody asks. */
  waitingJobs?: number | { why: string } | undefined;
  /** A person asked to fill all free hosts at once. */
  forceStart: boolean;
}

/** Every action says why, in words for the timeline. */
interface Reasoned {
  /** The name of the host it is about. */
  hostName: string;
  reason: string;
}

/** Orders a host. The token makes it safe to repeat. */
export interface AllocateAction extends Reasoned {
  kind: "allocate";
  zone: string;
  instanceType: string;
  clientToken: string;
  tags: Tags;
}

/** Launches an instance on a host. The token makes it safe to repeat. */
export interface LaunchAction extends Reasoned {
  kind: "launch";
  hostId: string;
  imageId: string;
  clientToken: string;
  /** Its name, and {@link softLifeTag} with the life that was drawn for it. */
  tags: Tags;
}

/** Sets up a Mac that has booted. */
export interface SetUpAction extends Reasoned {
  kind: "set-up";
  hostId: string;
  instanceId: string;
}

/** Tells a runner to finish its job and take no further one. */
export interface DrainAction extends Reasoned {
  kind: "drain";
  hostId: string;
  instanceId: string;
  way: RecycleWay;
  /** True when the pool chose the moment; such a choice never takes it below its floor. */
  voluntary: boolean;
}

/** Ends an instance for good; its host then scrubs. */
export interface TerminateAction extends Reasoned {
  kind: "terminate";
  hostId: string;
  instanceId: string;
}

/** Puts a fresh root volume under an instance. `tags` go on the instance first. */
export interface ReplaceRootVolumeAction extends Reasoned {
  kind: "replace-root-volume";
  hostId: string;
  instanceId: string;
  imageId: string;
  clientToken: string;
  tags: Tags;
}

/** Gives a host back. */
export interface ReleaseAction extends Reasoned {
  kind: "release";
  hostId: string;
}

/** Takes note that a name now belongs to this host. Nothing in AWS changes. */
export interface AdoptAction extends Reasoned {
  kind: "adopt";
  hostId: string;
}

/** Sets the host's `PWPoolReady`, and the instance's: keeps launches off it for a time, or takes it back in with `true`. */
export interface TagHostAction extends Reasoned {
  kind: "quarantine" | "restore";
  hostId: string;
  /** Missing where the instance, if there is one, keeps its tag. */
  instanceId?: string;
  tags: Tags;
}

/** Does nothing yet, and says until when. */
export interface WaitAction extends Reasoned {
  kind: "wait";
  hostId?: string;
  until: Instant;
}

/** Something to do about one host or its instance. Actions are done in their order; each may fail without the others. */
export type Action =
  | AllocateAction
  | LaunchAction
  | SetUpAction
  | DrainAction
  | TerminateAction
  | ReplaceRootVolumeAction
  | ReleaseAction
  | AdoptAction
  | TagHostAction
  | WaitAction;

/** What became of an action. `unknown`: the answer got lost, so it may have happened. */
export type Outcome =
  | { result: "done"; hostId?: string; instanceId?: string }
  | { result: "no-capacity" | "quota-exceeded" | "failed" | "unknown"; text: string };

/** What to do, and when to look again at the latest; an event may come sooner. */
export interface Decision {
  actions: Action[];
  lookAgainAt: Instant;
}

/** Decides what a pool does next. */
export type Decide = (observed: Observed, policy: PoolPolicy, now: Instant) => Decision;
