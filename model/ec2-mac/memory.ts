import type {
  Action,
  AllocateAction,
  AllocationRecord,
  DrainAction,
  Instant,
  LaunchAction,
  LifeRecord,
  Outcome,
  PoolMemory,
  ReplaceRootVolumeAction,
} from "./types.ts";

/** What a controller remembers that has never looked. */
export const emptyMemory: PoolMemory = {
  hostIds: {},
  lives: [],
  allocations: [],
  refusals: [],
  drains: {},
  removals: {},
  absentSince: {},
  setUpSeenAt: {},
  readyAt: {},
  quarantines: {},
  jobs: {},
  hostStates: {},
  scrubs: [],
};

/**
 * What to remember just before an action is done. Writing this down first is what makes a crash harmless: the next run
 * finds the order without an answer and gives it again with the same token.
 */
export function intend(memory: PoolMemory, action: Action, now: Instant): PoolMemory {
  switch (action.kind) {
    case "launch":
      return withLife(memory, lifeFrom(action, "launch", now));
    case "replace-root-volume":
      return withLife(memory, { ...lifeFrom(action, "replacement", now), instanceId: action.instanceId });
    case "allocate":
      return withAllocation(memory, allocationFrom(action, now));
    case "drain":
      return withDrain(memory, action, now);
    case "adopt":
      return { ...memory, hostIds: { ...memory.hostIds, [action.hostName]: action.hostId } };
    default:
      return memory;
  }
}

/** What to remember once an action has had its answer. */
export function record(memory: PoolMemory, action: Action, outcome: Outcome, now: Instant): PoolMemory {
  if (outcome.result === "unknown") return memory;
  switch (action.kind) {
    case "launch":
    case "replace-root-volume":
      return withLifeOutcome(memory, action.clientToken, outcome, now);
    case "allocate":
      return withAllocationOutcome(memory, action, outcome, now);
    case "drain":
      return withDrainAnswer(memory, action.instanceId, outcome, now);
    case "release":
      return outcome.result === "done" ? { ...memory, removals: without(memory.removals, action.hostId) } : memory;
    default:
      return memory;
  }
}

function withLife(memory: PoolMemory, life: LifeRecord): PoolMemory {
  const isRepeated = memory.lives.some(({ clientToken }) => clientToken === life.clientToken);
  return isRepeated ? memory : { ...memory, lives: [...memory.lives, life] };
}

function lifeFrom(
  action: LaunchAction | ReplaceRootVolumeAction,
  kind: LifeRecord["kind"],
  askedAt: Instant,
): LifeRecord {
  const { clientToken, hostId, imageId, tags } = action;
  return { kind, clientToken, hostId, imageId, askedAt, result: "asked", tags };
}

function withLifeOutcome(memory: PoolMemory, clientToken: string, outcome: Outcome, now: Instant): PoolMemory {
  const lives = memory.lives.map((known): LifeRecord => {
    if (known.clientToken !== clientToken) return known;
    const { tags: _, ...life } = known;
    const instanceId = (outcome.result === "done" ? outcome.instanceId : undefined) ?? life.instanceId;
    const result = resultOf(life.kind, outcome);
    // The pause after a refusal counts from the refusal, not from the first time of asking.
    const askedAt = result === "refused" ? now : life.askedAt;
    return { ...life, askedAt, result, resultAt: now, ...(instanceId ? { instanceId } : {}) };
  });
  return { ...memory, lives };
}

/** A launch that is turned down for anything but room says something about image or host; a replacement just never began. */
function resultOf(kind: LifeRecord["kind"], { result }: Outcome): LifeRecord["result"] {
  if (result === "done") return "running";
  return result === "failed" && kind === "launch" ? "failed" : "refused";
}

function allocationFrom(action: AllocateAction, askedAt: Instant): AllocationRecord {
  const { clientToken, hostName, zone, instanceType } = action;
  return { clientToken, hostName, zone, instanceType, askedAt, result: "asked" };
}

function withAllocation(memory: PoolMemory, order: AllocationRecord): PoolMemory {
  const others = memory.allocations.filter(({ hostName }) => hostName !== order.hostName);
  const known = memory.allocations.find(({ clientToken }) => clientToken === order.clientToken);
  return { ...memory, allocations: [...others, known ?? order] };
}

function withAllocationOutcome(memory: PoolMemory, action: AllocateAction, outcome: Outcome, now: Instant): PoolMemory {
  const isDone = outcome.result === "done";
  const allocations = memory.allocations.map((order): AllocationRecord => {
    if (order.clientToken !== action.clientToken) return order;
    const hostId = isDone ? outcome.hostId : undefined;
    return { ...order, result: isDone ? "allocated" : "failed", answeredAt: now, ...(hostId ? { hostId } : {}) };
  });
  return { ...memory, allocations, refusals: refusalsAfter(memory, action, outcome, now) };
}

const oneGoSeconds = 120;

function refusalsAfter(memory: PoolMemory, action: AllocateAction, outcome: Outcome, at: Instant) {
  const { zone, instanceType } = action;
  const isSame = (one: { zone: string; instanceType: string }) =>
    one.zone === zone && one.instanceType === instanceType;
  const before = memory.refusals.find(isSame);
  const others = memory.refusals.filter((one) => !isSame(one));
  // An error that says nothing about capacity closes the place for the first pause too; asking on and on helps nobody.
  const why = outcome.result === "quota-exceeded" ? "quota-exceeded" : "no-capacity";
  if (outcome.result === "done") return others;
  // Several names that ask the same place in one go are refused once.
  if (before && at - before.at < oneGoSeconds) return memory.refusals;
  return [...others, { zone, instanceType, why, at, times: (before?.times ?? 0) + 1 } as const];
}

/** Telling it again changes nothing about when its grace ends. */
function withDrain(memory: PoolMemory, { instanceId, way, reason }: DrainAction, now: Instant): PoolMemory {
  const known = memory.drains[instanceId];
  const drain = known ? { ...known, way } : { since: now, answered: false, way, why: reason };
  return { ...memory, drains: { ...memory.drains, [instanceId]: drain } };
}

function withDrainAnswer(memory: PoolMemory, instanceId: string, { result }: Outcome, now: Instant): PoolMemory {
  const drain = memory.drains[instanceId];
  if (!drain) return memory;
  const told = { ...drain, toldAt: drain.toldAt ?? now, answered: drain.answered || result === "done" };
  return { ...memory, drains: { ...memory.drains, [instanceId]: told } };
}

/** The record without one key. */
export function without<T>(items: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  const { [key]: _, ...rest } = items;
  return rest;
}
