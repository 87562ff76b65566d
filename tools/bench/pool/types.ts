/** What a pool's rule sees and may order in the benchmark's worlds. Moments are whole seconds from the world's beginning. */
export type Moment = number;

/**
 * What a host is doing. `available`: empty and ready to launch. `booting` to `ready`: an instance's way; `replacing`: its
 * root volume is. `stopping`: its instance is ending, still billed. `scrubbing`: AWS's `pending`, unbilled.
 */
export type HostState =
  | "available"
  | "booting"
  | "booted"
  | "setting-up"
  | "ready"
  | "replacing"
  | "stopping"
  | "scrubbing"
  | "released";

/** A dedicated host with what is on it. Rules read it; only the world writes it. */
export interface Host {
  id: number;
  state: HostState;
  /** Since when it is in its state, or drained in it. */
  since: Moment;
  allocatedAt: Moment;
  /** Launches so far; tells its instances apart. */
  launches: number;
  launchedAt: Moment;
  /** The launch, or the end of the last root volume replacement. */
  lifeFrom: Moment;
  /** The soft life that its launch or replacement was ordered with; 0 for none. */
  softLifeSeconds: number;
  /** When the last replacement was ordered, and when it was done; 0 for never in this instance's time. */
  replacedFrom: Moment;
  replacedAt: Moment;
  /** Its runner has been told to take no further job. */
  drained: boolean;
  /** The job that runs on it; -1 for none. */
  job: number;
  idleSince: Moment;
  /** Jobs finished in this life. */
  jobsDone: number;
}

/** The pool as a rule sees it. Live and read-only. */
export interface Pool {
  readonly now: Moment;
  /** Those that are not released, oldest first. */
  readonly hosts: readonly Readonly<Host>[];
  /** The empty ones that take a launch, those that have been empty for longest first. */
  readonly available: readonly Readonly<Host>[];
  /** Jobs that wait for a runner, and jobs that run. */
  readonly waiting: number;
  readonly running: number;
  /** Instances on their way to a runner, and runners that are registered. */
  readonly starting: number;
  readonly online: number;
  /** Jobs that have ever arrived, jobs finished, and the seconds that these took. */
  readonly arrived: number;
  readonly finished: number;
  readonly workedSeconds: number;
}

/** Why a rule is asked. `look`: the time that it asked for has come; `reminder`: the same for one host. */
export interface Cause {
  kind: "look" | "arrival" | "reminder" | "booted" | "ready" | "job-done" | "stopped" | "available";
  host: Readonly<Host> | undefined;
}

/** How a launch or replacement goes on after macOS is up. */
interface Birth {
  /** The Mac sets itself up; without it the host stays `booted` until a `set-up` order. */
  byItself?: boolean;
  softLifeSeconds?: number;
}

/** What a rule has the world do. The world refuses what AWS would refuse. */
export type Order =
  | ({ kind: "allocate"; launch: boolean; remindAfterSeconds?: number } & Birth)
  | ({ kind: "launch" | "replace"; host: Readonly<Host> } & Birth)
  /** `softEndsAt`: from then on the Mac's own supervisor ends it when no job runs, and the grace later in any case. */
  | { kind: "set-up"; host: Readonly<Host>; softEndsAt?: Moment }
  | { kind: "drain" | "terminate" | "release"; host: Readonly<Host> }
  /** An empty instance is launched and ended at once, so that the host scrubs. */
  | { kind: "park"; host: Readonly<Host> }
  | { kind: "remind"; host: Readonly<Host>; at: Moment };

/** What a rule wants done, what it remembers from now on, and when it wants to look again at the latest. */
export interface Step<Memory> {
  orders: readonly Order[];
  memory: Memory;
  /** An earlier time that it has asked for before stays. */
  lookAt?: Moment;
}

/** A policy for a pool. `decide` is pure. */
export interface Rule<Memory> {
  name: string;
  /** What it is asked about, `look` aside, which it always is; first at the beginning. */
  wakesOn: readonly Exclude<Cause["kind"], "look">[];
  /** Which idle runner gets a job: the one that became idle last, as CI systems do, or that of the newest host. */
  gives: "last-idle" | "newest-host";
  memory: Memory;
  /** How many ready runners it promises; missing where it chooses its size. */
  promised?: number;
  /** It sets Macs up by the reference pool's long script. */
  setsUpByScript?: boolean;
  decide(pool: Pool, memory: Memory, cause: Cause): Step<Memory>;
}

/** How long AWS and a Mac take for things, in seconds: from, to. Each is drawn evenly between them. */
export interface Durations {
  stopping: readonly [number, number];
  scrub: readonly [number, number];
  /** This share of scrubs takes this much longer, as with new firmware. */
  longScrub: { share: number; extraSeconds: number };
  replacement: readonly [number, number];
  boot: readonly [number, number];
  setUp: readonly [number, number];
  /** The reference pool's own script. */
  scriptedSetUp: readonly [number, number];
}

/** Jobs in the order of their arrival, in whole seconds. */
export interface Jobs {
  arrivals: Int32Array;
  /** How long each holds a runner. */
  seconds: Int32Array;
}

/** A world: who comes when, how long things take, and which time counts. */
export interface World {
  name: string;
  seed: number;
  jobs: Jobs;
  durations: Durations;
  /** Only what happens within counts: hosts' time, and jobs that arrive. */
  countFrom: Moment;
  countUntil: Moment;
}
