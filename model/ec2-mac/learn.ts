import { learnDemand } from "./demand.ts";
import { jobsAfter } from "./jobs.ts";
import { isLeaving } from "./lease-mark.ts";
import { lifeOf, type Renewals, renewalsOf } from "./life.ts";
import { without } from "./memory.ts";
import { declaredNames, type PoolPolicy } from "./policy.ts";
import { quarantinesAfter } from "./quarantine.ts";
import { scrubSamplesKept } from "./scrub-times.ts";
import type { AllocationRecord, Instant, LifeRecord, Observed, PoolMemory, SeenHost, SeenInstance } from "./types.ts";
import { isOurs } from "./view.ts";

/** How long lives are remembered, and how long an order without an answer is given again; AWS forgets its token after it. */
const keptSeconds = 2 * 86_400;

interface Sight {
  policy: PoolPolicy;
  now: Instant;
  hosts: readonly SeenHost[];
  instances: ReadonlyMap<string, SeenInstance>;
  renewals: ReadonlyMap<string, Renewals>;
  /** Nobody has looked for so long that a runner may have come meanwhile, and be between two jobs now. */
  wasAway: boolean;
}

/**
 * What to remember after a look: answers that got lost, lives that came up or failed, how long scrubs took, since when
 * runners are absent. Things that are gone are forgotten. Pure; done before each decision.
 */
export function learn(observed: Observed, policy: PoolPolicy, now: Instant): PoolMemory {
  const { memory } = observed;
  const sight = sightOf(observed, policy, now);
  return {
    since: memory.since ?? now,
    lookedAt: now,
    hostIds: hostIdsAfter(memory.hostIds, sight),
    lives: livesAfter(memory.lives, sight),
    allocations: allocationsAfter(memory.allocations, sight),
    refusals: memory.refusals,
    drains: drainsAfter(memory.drains, sight),
    removals: removalsAfter(memory, sight),
    absentSince: absencesAfter(memory.absentSince, sight),
    setUpSeenAt: setUpsAfter(memory.setUpSeenAt, sight),
    readyAt: readyAfter(memory.readyAt, sight),
    quarantines: quarantinesAfter(memory.quarantines, sight.hosts, now),
    jobs: jobsAfter(memory.jobs, sight.instances, (instance) => bornAt(instance, sight)),
    hostStates: hostStatesAfter(memory.hostStates, sight),
    scrubs: scrubsAfter(memory, sight),
    demand: learnDemand(observed, policy, now),
  };
}

function sightOf({ hosts, instances, rootVolumeTasks, memory }: Observed, policy: PoolPolicy, now: Instant): Sight {
  const renewals = renewalsOf(rootVolumeTasks);
  const ours = instances.filter((instance) => isOurs(instance, policy));
  return {
    policy,
    now,
    hosts: hosts.filter((host) => isOurs(host, policy) && !host.state.startsWith("released")),
    instances: new Map(ours.map((instance) => [instance.instanceId, instance])),
    renewals,
    wasAway: now - (memory.lookedAt ?? now) > unseenSeconds(policy),
  };
}

/** What is followed closely is looked at more often, so after this time nobody knows what happened meanwhile. */
function unseenSeconds({ setUpLimitSeconds, setUpLoopSeconds }: PoolPolicy): number {
  return Math.max(setUpLimitSeconds / 2, 3 * setUpLoopSeconds);
}

function removalsAfter({ removals, hostIds }: PoolMemory, { hosts, policy, now }: Sight): PoolMemory["removals"] {
  const declared = declaredNames(policy);
  const stays = (host: SeenHost) =>
    declared.has(host.name) &&
    host.state !== "permanent-failure" &&
    !isLeaving(host) &&
    (hostIds[host.name] ?? host.hostId) === host.hostId;
  return keep(removals, hosts, (host) => (stays(host) ? undefined : now));
}

/** Whoever gives a host back does not want its name filled by a process that has not heard of it yet. */
function hostIdsAfter(hostIds: PoolMemory["hostIds"], { hosts }: Sight): PoolMemory["hostIds"] {
  return hosts
    .filter((host) => isLeaving(host) && hostIds[host.name] === host.hostId)
    .reduce((left, { name }) => without(left, name), hostIds);
}

function bornAt(instance: SeenInstance, { renewals, policy }: Sight): Instant {
  return lifeOf(instance, renewals.get(instance.instanceId), policy).startedAt;
}

function livesAfter(lives: readonly LifeRecord[], sight: Sight): readonly LifeRecord[] {
  let changed = false;
  const kept: LifeRecord[] = [];
  for (const life of lives) {
    const isOpen = life.result === "asked" || life.result === "running";
    const now = isOpen ? lifeAfter(life, sight) : life;
    if (now !== life) changed = true;
    if (sight.now - life.askedAt < keptSeconds) kept.push(now);
    else changed = true;
  }
  return changed ? kept : lives;
}

function lifeAfter(life: LifeRecord, sight: Sight): LifeRecord {
  const { now, policy } = sight;
  const instance = instanceOf(life, sight);
  const settled = now > (life.resultAt ?? life.askedAt) + policy.settleSeconds;
  if (!instance) {
    if (life.result === "asked" || !settled) return life;
    return { ...life, result: "failed", resultAt: now };
  }
  const { instanceId } = instance;
  if (instance.state === "shutting-down" || instance.state === "terminated")
    return { ...life, instanceId, result: "failed", resultAt: now };
  if (life.kind === "replacement") return replacementAfter(life, instance, sight);
  if (instance.runner.state === "registered") return { ...life, instanceId, result: "ready", resultAt: now };
  return life.result === "running" ? life : { ...life, instanceId, result: "running", resultAt: now };
}

function replacementAfter(life: LifeRecord, { instanceId, runner }: SeenInstance, sight: Sight): LifeRecord {
  const task = sight.renewals.get(instanceId)?.newest;
  if (!task || task.startedAt < life.askedAt - sight.policy.clockMarginSeconds) return life;
  if (task.state.startsWith("failed")) return { ...life, result: "failed", resultAt: sight.now };
  if (task.state === "succeeded" && runner.state === "registered" && runner.accepting)
    return { ...life, result: "ready", resultAt: sight.now };
  return life.result === "running" ? life : { ...life, result: "running", resultAt: sight.now };
}

function instanceOf(life: LifeRecord, { instances, policy }: Sight): SeenInstance | undefined {
  if (life.instanceId) return instances.get(life.instanceId);
  const from = life.askedAt - policy.clockMarginSeconds;
  for (const instance of instances.values())
    if (instance.hostId === life.hostId && instance.launchedAt >= from) return instance;
  return undefined;
}

/** An order that got no answer has been filled when a host of its name turns up. */
function allocationsAfter(allocations: readonly AllocationRecord[], sight: Sight): readonly AllocationRecord[] {
  if (!allocations.some(({ result }) => result === "asked")) return allocations;
  return allocations.map((order): AllocationRecord => {
    if (order.result !== "asked") return order;
    const from = order.askedAt - sight.policy.clockMarginSeconds;
    const found = sight.hosts.find(({ name, allocatedAt }) => name === order.hostName && allocatedAt >= from);
    if (found) return { ...order, result: "allocated", hostId: found.hostId };
    return sight.now - order.askedAt < keptSeconds ? order : { ...order, result: "failed" };
  });
}

function drainsAfter(drains: PoolMemory["drains"], sight: Sight): PoolMemory["drains"] {
  const isOver = ([instanceId, { since }]: [string, { since: Instant }]) => {
    const instance = sight.instances.get(instanceId);
    return !instance || instance.state === "terminated" || bornAt(instance, sight) > since;
  };
  const entries = Object.entries(drains);
  return entries.some(isOver) ? Object.fromEntries(entries.filter((entry) => !isOver(entry))) : drains;
}

function absencesAfter(absentSince: PoolMemory["absentSince"], sight: Sight): PoolMemory["absentSince"] {
  const { instances, now, wasAway } = sight;
  return keepInstances(absentSince, instances, ({ setUp, runner, state, instanceId }) => {
    if (state !== "running" || setUp.state === "none" || setUp.state === "running") return undefined;
    if (runner.state === "unknown") return absentSince[instanceId];
    if (runner.state !== "absent" || setUp.state !== "done") return undefined;
    return wasAway ? { replace: now } : now;
  });
}

/**
 * Since when set-ups have been seen to go on. The tag's moment counts where nobody can have missed that it was done: a
 * runner that registers and is between two jobs at the next look is seen as one that is still set up.
 */
function setUpsAfter(seenAt: PoolMemory["setUpSeenAt"], sight: Sight): PoolMemory["setUpSeenAt"] {
  return keepInstances(seenAt, sight.instances, (instance) => {
    const { setUp, instanceId, state } = instance;
    if (setUp.state !== "running" || state !== "running") return undefined;
    const from = bornAt(instance, sight);
    const known = seenAt[instanceId];
    if (known !== undefined && (known < from || sight.wasAway)) return { replace: sight.now };
    const noted = setUp.startedAt ?? 0;
    const isFresh = !sight.wasAway && sight.now - noted <= unseenSeconds(sight.policy);
    return isFresh && noted >= from && noted <= sight.now ? noted : sight.now;
  });
}

/** Between two jobs, or while nobody can look, a runner that was there is not seen: that says nothing about the life. */
function readyAfter(readyAt: PoolMemory["readyAt"], sight: Sight): PoolMemory["readyAt"] {
  return keepInstances(readyAt, sight.instances, (instance) => {
    const { runner, instanceId, state } = instance;
    const known = readyAt[instanceId];
    if (state === "terminated") return undefined;
    if (runner.state !== "registered" || !runner.accepting) return known;
    return known !== undefined && known >= bornAt(instance, sight) ? known : { replace: sight.now };
  });
}

function hostStatesAfter(states: PoolMemory["hostStates"], { hosts, now }: Sight): PoolMemory["hostStates"] {
  const isSame = hosts.length === Object.keys(states).length && hosts.every((h) => states[h.hostId]?.state === h.state);
  if (isSame) return states;
  return Object.fromEntries(
    hosts.map(({ hostId, state }) => {
      const known = states[hostId];
      return [hostId, known?.state === state ? known : { state, since: now }];
    }),
  );
}

function scrubsAfter({ scrubs, hostStates }: PoolMemory, { hosts, now }: Sight): PoolMemory["scrubs"] {
  const scrubbed = hosts.filter(
    ({ hostId, state }) => state === "available" && hostStates[hostId]?.state === "pending",
  );
  if (scrubbed.length === 0) return scrubs;
  const samples = scrubbed.map(({ zone, instanceType, hostId }) => {
    const since = hostStates[hostId]?.since ?? now;
    return { zone, instanceType, seconds: now - since, at: now };
  });
  return newestOfEach([...scrubs, ...samples]);
}

function newestOfEach(samples: PoolMemory["scrubs"]): PoolMemory["scrubs"] {
  const counts = new Map<string, number>();
  const kept = samples.toReversed().filter(({ zone, instanceType }) => {
    const count = (counts.get(`${instanceType}/${zone}`) ?? 0) + 1;
    counts.set(`${instanceType}/${zone}`, count);
    return count <= scrubSamplesKept;
  });
  return kept.reverse();
}

type Note = Instant | undefined | { replace: Instant };

function keepInstances(
  notes: Readonly<Record<string, Instant>>,
  instances: ReadonlyMap<string, SeenInstance>,
  note: (instance: SeenInstance) => Note,
): Readonly<Record<string, Instant>> {
  return keepNotes(notes, instances.values(), ({ instanceId }) => instanceId, note);
}

function keep(
  notes: Readonly<Record<string, Instant>>,
  hosts: readonly SeenHost[],
  note: (host: SeenHost) => Note,
): Readonly<Record<string, Instant>> {
  return keepNotes(notes, hosts, ({ hostId }) => hostId, note);
}

/** The notes as they should be: an older note stays as it is while there is still something to note. */
function keepNotes<T>(
  notes: Readonly<Record<string, Instant>>,
  items: Iterable<T>,
  idOf: (item: T) => string,
  note: (item: T) => Note,
): Readonly<Record<string, Instant>> {
  const next: Record<string, Instant> = {};
  let changed = false;
  let count = 0;
  for (const item of items) {
    const noted = note(item);
    if (noted === undefined) continue;
    const id = idOf(item);
    const value = typeof noted === "object" ? noted.replace : (notes[id] ?? noted);
    next[id] = value;
    count++;
    if (notes[id] !== value) changed = true;
  }
  return changed || count !== Object.keys(notes).length ? next : notes;
}
