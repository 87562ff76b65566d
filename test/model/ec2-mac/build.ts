import { decide } from "../../../model/ec2-mac/decide.ts";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import type {
  Action,
  Instant,
  LifeRecord,
  Observed,
  PoolMemory,
  RunnerSighting,
  SeenHost,
  SeenInstance,
} from "../../../model/ec2-mac/types.ts";
import { hour, mark, policyFor } from "./scenario.ts";

/** The moment of all cases, unless they say another. */
export const now: Instant = Date.UTC(2026, 0, 10, 12) / 1000;

/** Host number `n`, free and paid for, unless `changes` say otherwise. */
export function host(n: number, changes: Partial<SeenHost> = {}): SeenHost {
  return {
    hostId: `h-${n}`,
    name: `MacM1-${n}`,
    state: "available",
    zone: n % 2 === 1 ? "us-east-1a" : "us-east-1b",
    instanceType: "mac2.metal",
    allocatedAt: now - 100 * hour,
    instanceIds: [],
    hasRoom: true,
    tags: { ...mark, Name: `MacM1-${n}`, PWPoolReady: "true" },
    ...changes,
  };
}

/** The instance on host number `n`: ready and idle, five hours old, unless `changes` say otherwise. */
export function instance(n: number, changes: Partial<SeenInstance> = {}): SeenInstance {
  return {
    instanceId: `i-${n}`,
    hostId: `h-${n}`,
    state: "running",
    imageId: "ami-1",
    launchedAt: now - 5 * hour,
    tags: { ...mark, Name: `MacM1-${n}`, PWPoolReady: "true" },
    checks: "ok",
    setUp: { state: "done" },
    runner: registered(),
    ...changes,
  };
}

/** A runner that takes jobs and has none. */
export function registered(changes: Partial<Extract<RunnerSighting, { state: "registered" }>> = {}): RunnerSighting {
  return { state: "registered", busy: false, accepting: true, jobsFinished: 0, ...changes };
}

/** A life that the controller remembers. */
export function life(changes: Partial<LifeRecord> & Pick<LifeRecord, "hostId" | "result">): LifeRecord {
  const askedAt = changes.askedAt ?? now - 3 * hour;
  const clientToken = `life-${changes.hostId}-${askedAt}`;
  return { kind: "launch", clientToken, imageId: "ami-1", askedAt, resultAt: askedAt + hour, ...changes };
}

/** What a case sees; hosts of its instances are there without being said. */
export interface Sight {
  hosts?: readonly SeenHost[];
  instances?: readonly SeenInstance[];
  tasks?: Observed["rootVolumeTasks"];
  memory?: Partial<PoolMemory>;
  waitingJobs?: Observed["waitingJobs"];
  forceStart?: boolean;
}

/** An observation by a controller that has been at work for a day and knows whose each host is. */
export function observed(sight: Sight): Observed {
  const { hosts = [], instances = [], tasks = [], memory = {}, waitingJobs, forceStart = false } = sight;
  const given = new Set(hosts.map(({ hostId }) => hostId));
  const implied = instances.filter(({ hostId }) => !given.has(hostId)).map(occupiedHost);
  const all = [...hosts, ...implied];
  const hostIds = Object.fromEntries(all.map(({ name, hostId }) => [name, hostId]));
  return {
    hosts: all,
    instances,
    rootVolumeTasks: tasks,
    memory: { ...emptyMemory, since: now - 24 * hour, hostIds, ...memory },
    waitingJobs,
    forceStart,
  };
}

function occupiedHost({ hostId, instanceId, state }: SeenInstance): SeenHost {
  const isThere = state !== "terminated";
  return host(Number(hostId.slice(2)), { instanceIds: isThere ? [instanceId] : [], hasRoom: !isThere });
}

/** What is decided about a sight, with a policy for as many hosts as are seen unless `changes` say otherwise. */
export function decided(sight: Sight, changes: Partial<PoolPolicy> = {}, at: Instant = now): Action[] {
  const seen = observed(sight);
  const names = new Set(seen.hosts.map(({ name }) => name));
  return decide(seen, policyFor(Math.max(1, names.size), changes), at).actions;
}

/** The actions as `kind name` in the order of names; short enough for a table. */
export function kinds(actions: readonly Action[]): string[] {
  return actions.map(({ kind, hostName }) => `${kind} ${hostName}`).sort((a, b) => a.localeCompare(b));
}

/** The reason of the only action of a kind. */
export function reasonOf(actions: readonly Action[], kind: Action["kind"]): string {
  return actions.find((action) => action.kind === kind)?.reason ?? `there is no ${kind}`;
}
