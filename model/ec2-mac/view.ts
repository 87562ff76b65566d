import { shuffled } from "./chance.ts";
import { imagePause, type Pause } from "./image-breaker.ts";
import { isLeaving } from "./lease-mark.ts";
import { type Life, lifeOf, type Renewals, renewalsOf } from "./life.ts";
import { declaredNames, type PoolPolicy } from "./policy.ts";
import { isHostOut, isInstanceOut } from "./ready-tag.ts";
import { learnedScrubs, type ScrubTimes } from "./scrub-times.ts";
import { type Size, sizeOf } from "./sizing.ts";
import type { Drain, Instant, Observed, PoolMemory, SeenHost, SeenInstance, Tags } from "./types.ts";

/**
 * What is going on at a host.
 *
 * - `out`: its tag, or its instance's, takes it out of every loop.
 * - `occupied`: something is on it that is not this pool's.
 * - `free`: takes a launch. `scrubbing`, `assessing`, `failed`, `unready`: AWS says why it takes none.
 * - `booting`, `booted`, `setting-up`, `ready`, `draining`, `replacing`, `ending`: its instance's way.
 * - `gone`: set up, and its runner is absent. `broken`: its set-up or replacement failed, or it was stopped.
 * - `mismatched`: the names of host and instance differ. `unseen`: nobody could look at the set-up or the runner.
 */
export type Stage =
  | "out"
  | "occupied"
  | "free"
  | "scrubbing"
  | "assessing"
  | "failed"
  | "unready"
  | "booting"
  | "booted"
  | "setting-up"
  | "ready"
  | "draining"
  | "replacing"
  | "ending"
  | "gone"
  | "broken"
  | "mismatched"
  | "unseen";

/** A host, what is on it and what is going on there. */
export interface Place {
  host: SeenHost;
  /** Why the pool has it: as the host of a declared name, or only until it can be given back. */
  role: "declared" | "removed" | "surplus" | "replaced";
  stage: Stage;
  occupied?: Occupied;
}

/** An instance of the pool with its life. */
export interface Occupied {
  instance: SeenInstance;
  life: Life;
  renewals: Renewals | undefined;
  /** Missing when it was never told to drain in this life, or nobody remembers. */
  drain: Drain | undefined;
}

/** An observation put in order for the rules. */
export interface View {
  policy: PoolPolicy;
  now: Instant;
  memory: PoolMemory;
  forceStart: boolean;
  /** The pool's hosts in random order, so that late names do not always wait longest. */
  places: readonly Place[];
  /** The pool's instances, ended ones too. */
  instances: readonly SeenInstance[];
  /** The host of each declared name that has one. */
  keepers: ReadonlyMap<string, SeenHost>;
  /** How many runners should be there and are not, and how many are registered. */
  runners: { absent: number; present: number };
  scrubTimes: ScrubTimes;
  /** Why no life of the pool's image begins now; undefined when one may. */
  pause: Pause | undefined;
  /** How many runners are wanted; undefined in a pool that always has all its hosts. */
  size: Size | undefined;
}

/** Puts an observation in order. What lacks the mark is left out here, so no rule can touch it. */
export function viewOf(observed: Observed, policy: PoolPolicy, now: Instant): View {
  const { memory } = observed;
  const hosts = observed.hosts.filter((host) => isOurs(host, policy) && !host.state.startsWith("released"));
  const declared = declaredNames(policy);
  const keepers = keepersOf(hosts, declared, memory);
  const renewals = renewalsOf(observed.rootVolumeTasks);
  const onHosts = new Map<string, SeenInstance>();
  for (const instance of observed.instances)
    if (instance.state !== "terminated") onHosts.set(instance.hostId, instance);
  const places = hosts.map((host): Place => {
    const instance = onHosts.get(host.hostId);
    const role = roleOf(host, declared, keepers);
    if (!instance || !isOurs(instance, policy)) return { host, role, stage: stageWithout(host, instance) };
    const occupied = occupy(instance, renewals.get(instance.instanceId), policy, memory);
    return { host, role, stage: stageWith(host, occupied), occupied };
  });
  return {
    policy,
    now,
    memory,
    forceStart: observed.forceStart,
    places: shuffled(places, policy.seed + Math.floor(now / policy.launchLoopSeconds)),
    instances: observed.instances.filter((instance) => isOurs(instance, policy)),
    keepers,
    runners: countRunners(places),
    scrubTimes: learnedScrubs(memory.scrubs),
    pause: imagePause(memory, policy.imageId, policy, now),
    size: sizeOf({ policy, memory, now }),
  };
}

/**
 * From when on things may be ordered. A controller that remembers nothing may have ordered something a minute ago; it
 * waits until AWS shows it.
 */
export function ordersFrom({ memory, policy, now }: View): Instant {
  return (memory.since ?? now) + policy.settleSeconds;
}

/** True when the thing carries every tag of the pool's mark. */
export function isOurs({ tags }: { tags: Tags }, { mark }: PoolPolicy): boolean {
  for (const key in mark) if (tags[key] !== mark[key]) return false;
  return true;
}

/** Which host has each declared name: the remembered one while it works, else the one that has been paid for longest. */
function keepersOf(
  hosts: readonly SeenHost[],
  declared: ReadonlySet<string>,
  memory: PoolMemory,
): ReadonlyMap<string, SeenHost> {
  const keepers = new Map<string, SeenHost>();
  for (const host of hosts) {
    if (host.state === "permanent-failure" || isLeaving(host) || !declared.has(host.name)) continue;
    const known = keepers.get(host.name);
    if (!known || isPreferred(host, known, memory.hostIds[host.name])) keepers.set(host.name, host);
  }
  return keepers;
}

function isPreferred(host: SeenHost, known: SeenHost, rememberedId: string | undefined): boolean {
  if (known.hostId === rememberedId) return false;
  return host.hostId === rememberedId || host.allocatedAt < known.allocatedAt;
}

/** A host that is given back is no longer declared, whatever the settings said that this process has read. */
function roleOf(host: SeenHost, declared: ReadonlySet<string>, keepers: ReadonlyMap<string, SeenHost>): Place["role"] {
  if (keepers.get(host.name) === host) return "declared";
  if (isLeaving(host) || !declared.has(host.name)) return "removed";
  return host.state === "permanent-failure" ? "replaced" : "surplus";
}

function countRunners(places: readonly Place[]): View["runners"] {
  let absent = 0;
  let present = 0;
  for (const { stage, occupied } of places) {
    if (stage === "gone") absent++;
    else if (occupied?.instance.runner.state === "registered") present++;
  }
  return { absent, present };
}

function stageWithout(host: SeenHost, stranger: SeenInstance | undefined): Stage {
  if (isHostOut(host.tags)) return "out";
  if (host.state === "permanent-failure") return "failed";
  if (host.state === "under-assessment") return "assessing";
  if (host.state === "pending") return "scrubbing";
  if (stranger || host.instanceIds.length > 0) return "occupied";
  if (host.state !== "available") return "unready";
  return host.hasRoom ? "free" : "ending";
}

function stageWith(host: SeenHost, { instance, life, renewals, drain }: Occupied): Stage {
  if (isHostOut(host.tags) || isInstanceOut(instance.tags)) return "out";
  if (instance.state === "shutting-down" || instance.state === "stopping") return "ending";
  if (host.state === "permanent-failure") return "failed";
  if (host.state === "under-assessment") return "assessing";
  if (instance.tags.Name !== host.name && !drain) return "mismatched";
  if (instance.state === "stopped") return "broken";
  if (instance.state !== "running") return "booting";
  const task = renewals?.newest;
  if (task && task.state !== "succeeded" && task.startedAt >= life.startedAt)
    return /^failed/.test(task.state) ? "broken" : "replacing";
  return stageRunning(instance, drain);
}

function stageRunning({ checks, setUp, runner }: SeenInstance, drain: Drain | undefined): Stage {
  if (drain) return "draining";
  if (runner.state === "registered") return runner.accepting ? "ready" : "draining";
  if (setUp.state === "failed") return "broken";
  if (setUp.state === "done") return runner.state === "absent" ? "gone" : "unseen";
  if (setUp.state === "running") return "setting-up";
  if (checks === "initializing" || checks === "impaired") return "booting";
  if (setUp.state === "unknown") return "unseen";
  return "booted";
}

function occupy(
  instance: SeenInstance,
  renewals: Renewals | undefined,
  policy: PoolPolicy,
  { drains }: PoolMemory,
): Occupied {
  const life = lifeOf(instance, renewals, policy);
  const drain = drains[instance.instanceId];
  return { instance, life, renewals, drain: drain && drain.since >= life.startedAt ? drain : undefined };
}
