import { decide } from "../../../../model/ec2-mac/decide.ts";
import { learn } from "../../../../model/ec2-mac/learn.ts";
import { emptyMemory, intend, record } from "../../../../model/ec2-mac/memory.ts";
import { type PoolPolicy, policyDefaults, softLifeTag } from "../../../../model/ec2-mac/policy.ts";
import type {
  Action,
  Decide,
  Observed,
  Outcome,
  PoolMemory,
  RootVolumeTask,
  RunnerSighting,
  SeenHost,
  SeenInstance,
  SetUpSighting,
  Tags,
} from "../../../../model/ec2-mac/types.ts";
import { poolReadyTag } from "../../../../model/plan/ec2-mac.ts";
import { hour, minute } from "../hours.ts";
import type { Host, Moment, Order, Pool, Rule, Step } from "../types.ts";

const mark = { "mac-runner-fleet:id": "bench", "mac-runner-fleet:pool": "macs" };
const zone = "us-east-1a";
const instanceType = "mac2.metal";

/** A new pool is started with force for this long, as a person would. */
const startSeconds = hour;

/** The model's moments count from 1970, and 0 means never there. */
const beginning = Date.UTC(2026, 0, 5) / 1000;

/** Events reach the controller a little later, and no two looks for events are closer than this. */
const events = { delaySeconds: 10, apartSeconds: 2 * minute } as const;

/** EC2 shows an instance that has ended for about this long. */
const shownSeconds = hour;

interface Memory {
  pool: PoolMemory;
  /** The names of hosts, in the order of their allocation. */
  names: readonly string[];
  lookedAt: Moment;
}

/** Our pool with its defaults: so many declared hosts, and one in ten of them, at least one, may be out at a time. */
export function ourPolicy(hosts: number, seed: number): PoolPolicy {
  const floor = promisedOf(hosts);
  return {
    ...policyDefaults,
    mark,
    hosts: Array.from({ length: hosts }, (_, index) => ({ name: `mac-${index + 1}`, zone })),
    hostTags: {},
    zones: [zone],
    instanceTypes: [instanceType],
    imageId: "ami-1",
    seed,
    floor,
    promisedReady: floor,
  };
}

/** The share of its hosts that a pool of this size promises: all but one in ten, or but one. */
export function promisedOf(hosts: number): number {
  return Math.max(0, hosts - Math.max(1, Math.ceil(hosts / 10)));
}

/** Our pool with as many runners as a pool of that size, whose full scrubs are bridged by a new host. */
export function steadyPolicy(hosts: number, seed: number): PoolPolicy {
  const sizing = { least: hosts, most: hosts, deviations: 0, answered: 0 };
  return { ...ourPolicy(hosts + Math.ceil(hosts / 10), seed), floor: promisedOf(hosts), promisedReady: hosts, sizing };
}

/** Our pool as it follows its demand: up to so many hosts, with so many standard deviations of the load kept ready. */
export function sizedPolicy(most: number, deviations: number, seed: number, answered = 0): PoolPolicy {
  return { ...ourPolicy(most, seed), floor: 0, promisedReady: 0, sizing: { least: 1, most, deviations, answered } };
}

/**
 * Our pool: the real `learn` and `decide`, asked when they said they want to be, and when a Mac has booted, its runner is
 * there, its instance has ended or its host is free, which EC2 and the CI system send events about.
 * @param decider `decide` itself, or what stands between to measure it
 */
export function ours(policy: PoolPolicy, decider: Decide = decide): Rule<Memory> {
  return {
    name: "ours",
    ...promiseOf(policy),
    wakesOn: ["booted", "ready", "stopped", "available"],
    gives: "last-idle",
    memory: { pool: emptyMemory, names: [], lookedAt: 0 },
    decide(pool, memory, { kind }) {
      if (kind === "look") return look(pool, memory, policy, decider);
      const lookAt = Math.max(pool.now + events.delaySeconds, memory.lookedAt + events.apartSeconds);
      return { orders: [], memory, lookAt };
    },
  };
}

/** One that follows its demand promises no number. */
function promiseOf({ sizing, floor }: PoolPolicy): { promised?: number } {
  return sizing && sizing.least < sizing.most ? {} : { promised: floor };
}

function look(pool: Pool, memory: Memory, policy: PoolPolicy, decider: Decide): Step<Memory> {
  const now = beginning + pool.now;
  const seen = {
    ...sight(pool, memory.names),
    memory: memory.pool,
    waitingJobs: pool.waiting,
    forceStart: pool.now <= startSeconds,
  };
  const observed = { ...seen, memory: learn(seen, policy, now) };
  const { actions, lookAgainAt } = decider(observed, policy, now);
  const hosts = new Map(pool.hosts.map((host) => [hostId(host), host]));
  const names = [...memory.names];
  let remembered = observed.memory;
  const orders: Order[] = [];
  for (const action of actions) {
    if (action.kind === "wait") continue;
    if (action.kind === "allocate") names.push(action.hostName);
    const host = action.kind === "allocate" ? undefined : hosts.get(action.hostId);
    remembered = record(intend(remembered, action, now), action, outcomeOf(host, names.length), now);
    orders.push(...ordersFor(action, host));
  }
  return { orders, memory: { pool: remembered, names, lookedAt: pool.now }, lookAt: lookAgainAt - beginning };
}

/** What the world will answer: it refuses nothing that is possible, and numbers hosts in the order of their allocation. */
function outcomeOf(host: Readonly<Host> | undefined, allocated: number): Outcome {
  if (!host) return { result: "done", hostId: hostId({ id: allocated }) };
  const launches = host.state === "available" ? host.launches + 1 : host.launches;
  return { result: "done", instanceId: instanceId({ id: host.id, launches }) };
}

function ordersFor(action: Action, host: Readonly<Host> | undefined): Order[] {
  if (action.kind === "allocate") return [{ kind: "allocate", launch: false }];
  if (!host) return [];
  switch (action.kind) {
    case "launch":
      return [{ kind: "launch", host, softLifeSeconds: Number(action.tags[softLifeTag]) }];
    case "replace-root-volume":
      return [{ kind: "replace", host, softLifeSeconds: Number(action.tags[softLifeTag]) }];
    case "set-up":
      return [{ kind: "set-up", host, softEndsAt: host.lifeFrom + host.softLifeSeconds }];
    case "drain":
    case "terminate":
    case "release":
      return [{ kind: action.kind, host }];
    default:
      return [];
  }
}

/** The pool as EC2 and the CI system show it. */
function sight(pool: Pool, names: readonly string[]): Pick<Observed, "hosts" | "instances" | "rootVolumeTasks"> {
  const launched = pool.hosts.filter((host) => isShown(host, pool.now));
  return {
    hosts: pool.hosts.map((host) => seenHost(host, names[host.id - 1] ?? "")),
    instances: launched.map((host) => seenInstance(host, names[host.id - 1] ?? "")),
    rootVolumeTasks: launched.flatMap(replacements),
  };
}

function isShown(host: Readonly<Host>, now: Moment): boolean {
  return host.launches > 0 && (!isEmpty(host) || now < host.since + shownSeconds);
}

function isEmpty({ state }: Readonly<Host>): boolean {
  return state === "available" || state === "scrubbing";
}

function hostId({ id }: Pick<Host, "id">): string {
  return `h-${id}`;
}

function instanceId({ id, launches }: Pick<Host, "id" | "launches">): string {
  return `i-${id}-${launches}`;
}

function seenHost(host: Readonly<Host>, name: string): SeenHost {
  const isFree = isEmpty(host);
  return {
    hostId: hostId(host),
    name,
    state: host.state === "scrubbing" ? "pending" : "available",
    zone,
    instanceType,
    allocatedAt: beginning + host.allocatedAt,
    instanceIds: isFree ? [] : [instanceId(host)],
    hasRoom: isFree,
    tags: tagsOf(name),
  };
}

function seenInstance(host: Readonly<Host>, name: string): SeenInstance {
  const { state } = host;
  return {
    instanceId: instanceId(host),
    hostId: hostId(host),
    state: isEmpty(host) ? "terminated" : state === "stopping" ? "shutting-down" : "running",
    imageId: "ami-1",
    launchedAt: beginning + host.launchedAt,
    tags: { ...tagsOf(name), [softLifeTag]: String(host.softLifeSeconds) },
    checks: state === "booting" || state === "replacing" ? "initializing" : "ok",
    setUp: setUpOf(host),
    runner: runnerOf(host),
  };
}

function tagsOf(name: string): Tags {
  return { ...mark, Name: name, [poolReadyTag]: "true" };
}

function setUpOf({ state, since }: Readonly<Host>): SetUpSighting {
  if (state === "ready") return { state: "done" };
  return state === "setting-up" ? { state: "running", startedAt: beginning + since } : { state: "none" };
}

function runnerOf({ state, job, drained, jobsDone }: Readonly<Host>): RunnerSighting {
  if (state !== "ready") return { state: "absent" };
  return { state: "registered", busy: job >= 0, accepting: !drained, jobsFinished: jobsDone };
}

/** The last replacement that is done, and the one that goes on. */
function replacements(host: Readonly<Host>): RootVolumeTask[] {
  const { replacedFrom, replacedAt, state } = host;
  const about = { instanceId: instanceId(host) };
  const tasks: RootVolumeTask[] = [];
  if (replacedAt > 0) {
    const startedAt = beginning + (state === "replacing" ? replacedAt : replacedFrom);
    const completedAt = beginning + replacedAt;
    tasks.push({ taskId: `replacevol-${replacedAt}`, ...about, state: "succeeded", startedAt, completedAt });
  }
  if (state === "replacing")
    tasks.push({ taskId: "replacevol-now", ...about, state: "in-progress", startedAt: beginning + replacedFrom });
  return tasks;
}
