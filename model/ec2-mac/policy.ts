import { oncePer } from "./once.ts";
import type { RecycleWay, Tags } from "./types.ts";

/** A host that the settings declare. */
export interface DeclaredHost {
  name: string;
  /** Where it should be; the policy's other zones are tried after it. */
  zone: string;
  /**
   * True for one that the pool always has and that another program makes. None is ordered while the name has never had
   * one: until that program has made it, both would order the same one.
   */
  standing?: boolean | undefined;
}

/** How a pool follows its demand. Runners are allocated ahead of it and given back once their lease is paid. */
export interface Sizing {
  /** The fewest and the most runners that it wants; never more than hosts are declared. */
  least: number;
  most: number;
  /** So many standard deviations of the load are kept ready above its mean. More costs more and waits less. */
  deviations: number;
  /** The share of an unforeseen load, jobs that run and wait, for which hosts are ordered at once; 0 for none. */
  answered: number;
}

/** What an EC2 Mac pool should be and the limits it keeps. */
export interface PoolPolicy {
  /** Tags that prove that something is this pool's. Nothing without all of them is ever touched. */
  mark: Tags;
  hosts: readonly DeclaredHost[];
  /** Put on hosts that are allocated, besides mark and name. */
  hostTags: Tags;
  /** In the order in which they are tried when one has no capacity. */
  zones: readonly string[];
  /** In the order in which they are tried when no zone has capacity for the first. */
  instanceTypes: readonly string[];
  /** What new lives run. */
  imageId: string;
  /** The SHA-256 of the script by which new lives set themselves up; missing where nobody could tell. */
  setUpScript?: string;
  /** Decides everything that is left to chance. */
  seed: number;
  /** How lives are renewed between two full scrubs. */
  recycleBy: RecycleWay;
  /** The pool never goes below this many ready runners by a decision of its own. */
  floor: number;
  /** The planner keeps this many ready over the next 24 hours where it can; at least `floor`. */
  promisedReady: number;
  /** Missing in a pool that always has all its hosts. */
  sizing?: Sizing | undefined;

  /** Between two launches. Large pools launch oftener: see `staggerSecondsOf`. */
  staggerSeconds: number;
  softLifeSeconds: number;
  /** Soft lives differ by up to this much either way. */
  softLifeSpreadSeconds: number;
  /** How long a job may go on once its runner is drained. */
  graceSeconds: number;
  hardLifeSeconds: number;
  /** The age at which the sweeper, which is not part of this controller, ends an instance. */
  sweepSeconds: number;
  maxJobs: number;
  /** `maxJobs` does not count while no more runners than this are alive. */
  minAlive: number;
  fullScrubEverySeconds: number;

  /** From launch, or from the end of a replacement, until macOS passes EC2's checks. */
  bootLimitSeconds: number;
  setUpLimitSeconds: number;
  /** A runner that is absent this long is gone. */
  absenceLimitSeconds: number;
  /** When most runners are absent at once, the CI system is doubted this long before the Macs are. */
  doubtCiSeconds: number;

  launchLoopSeconds: number;
  setUpLoopSeconds: number;
  /** The longest time between two looks when nothing is going on. */
  calmLoopSeconds: number;
  /** How long AWS may go on showing things as they were before a change. */
  settleSeconds: number;
  /** How far this computer's clock and AWS's may be apart. */
  clockMarginSeconds: number;

  /** A host cannot be released earlier than this after its allocation. */
  leaseSeconds: number;
  /** So many failed lives in a row stop launches of an image, or on a host. */
  breakerFailures: number;
  /** The first pause of a breaker; it doubles with each further failure. */
  breakerPauseSeconds: number;
  breakerPauseLimitSeconds: number;
  /** The first pause after a place had no capacity; it doubles with each further refusal. */
  capacityPauseSeconds: number;
  capacityPauseLimitSeconds: number;
}

const namesOf = oncePer((hosts: PoolPolicy["hosts"]): ReadonlySet<string> => new Set(hosts.map(({ name }) => name)));

/** The names of the declared hosts, which are asked for at each look. */
export function declaredNames({ hosts }: PoolPolicy): ReadonlySet<string> {
  return namesOf(hosts);
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * The numbers of a pool that says nothing else. Stagger, lives, jobs, set-up and loops are the reference pool's
 * (containers/automation mac_pw_pool); the lease is AWS's rule.
 */
export const policyDefaults = {
  recycleBy: "replace-root-volume",
  staggerSeconds: 2 * hour,
  softLifeSeconds: 24 * hour,
  softLifeSpreadSeconds: 4 * hour,
  graceSeconds: 2 * hour,
  hardLifeSeconds: 48 * hour,
  sweepSeconds: 3 * day,
  maxJobs: 24,
  minAlive: 3,
  fullScrubEverySeconds: 7 * day,
  bootLimitSeconds: hour,
  setUpLimitSeconds: 40 * minute,
  absenceLimitSeconds: 10 * minute,
  doubtCiSeconds: hour,
  launchLoopSeconds: 10 * minute,
  setUpLoopSeconds: 2 * minute,
  calmLoopSeconds: 10 * minute,
  settleSeconds: 10 * minute,
  clockMarginSeconds: 2 * minute,
  leaseSeconds: day,
  breakerFailures: 3,
  breakerPauseSeconds: 30 * minute,
  breakerPauseLimitSeconds: 4 * hour,
  capacityPauseSeconds: 5 * minute,
  capacityPauseLimitSeconds: hour,
} as const satisfies Partial<PoolPolicy>;

/** The tag on an instance with the soft life of its present life, in seconds. The Mac's own supervisor goes by it too. */
export const softLifeTag = "mac-runner-fleet:soft-life-seconds";

/** The tag on an instance with the moment, in seconds since 1970, at which its credential was put down and its set-up could begin. */
export const setUpAtTag = "mac-runner-fleet:set-up-at";

/**
 * The tag on an instance with the moment, in seconds since 1970, at which its runner was told to make room for a new root
 * volume. The Mac's own supervisor then waits for that, and does not shut down because its runner is gone.
 */
export const renewingSinceTag = "mac-runner-fleet:renewing-since";

/** The tag on an instance with the SHA-256 of the script by which it sets itself up in its present life. */
export const setUpScriptTag = "mac-runner-fleet:set-up-script";

/** For a new life. Without it the Mac takes the script that its instance was launched with. */
export function setUpScriptTags({ setUpScript }: Pick<PoolPolicy, "setUpScript">): Tags {
  return setUpScript ? { [setUpScriptTag]: setUpScript } : {};
}

/** True for a Mac that was set up otherwise than new lives are, until its next. */
export function hasEarlierSetUp({ tags }: { tags: Tags }, { setUpScript }: Pick<PoolPolicy, "setUpScript">): boolean {
  return setUpScript !== undefined && tags[setUpScriptTag] !== setUpScript;
}

/** The tag on an instance with the moment, in seconds since 1970, for which its end is scheduled at AWS. */
export const endsAtTag = "mac-runner-fleet:ends-at";

/**
 * Seconds between two launches: the policy's, or less in a pool so large that its hosts would otherwise not all get
 * their turn within one life.
 */
export function staggerSecondsOf(policy: PoolPolicy): number {
  return Math.min(policy.staggerSeconds, policy.softLifeSeconds / (2 * Math.max(1, policy.hosts.length)));
}
