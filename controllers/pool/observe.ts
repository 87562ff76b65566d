import { describeHosts } from "../../drivers/ec2/hosts.ts";
import {
  describeInstances,
  describeRootVolumeTasks,
  type InstanceChecks,
  instanceChecks,
  type ObservedInstance,
} from "../../drivers/ec2/instances.ts";
import { DriverError } from "../../drivers/errors.ts";
import { lifeOf, renewalsOf } from "../../model/ec2-mac/life.ts";
import { setUpAtTag } from "../../model/ec2-mac/policy.ts";
import type {
  Instant,
  Observed,
  PoolMemory,
  RootVolumeTask,
  RunnerSighting,
  SeenHost,
  SeenInstance,
  SetUpSighting,
  Tags,
} from "../../model/ec2-mac/types.ts";
import { inParts } from "./parts.ts";
import type { Pool } from "./pool.ts";

/**
 * Looks at everything that a decision is made from. EC2's part is whole or there is no observation; runners that the CI
 * system does not tell of are `unknown`.
 * @throws DriverError when EC2 could not be looked at
 */
export async function observe(
  pool: Pool,
  memory: PoolMemory,
  forceStart: boolean,
  signal: AbortSignal,
): Promise<Observed> {
  const { ec2, policy } = pool;
  const hosts = (await describeHosts(ec2, { tags: policy.mark }, signal)).map(seenHost);
  const found = await describeInstances(ec2, { tags: policy.mark }, signal);
  const running = found.filter(({ state }) => state === "running").map(({ instanceId }) => instanceId);
  const alive = found.filter(({ state }) => state !== "terminated").map(({ instanceId }) => instanceId);
  const checks = await inParts(running, (ids) => instanceChecks(ec2, ids, signal));
  const tasks = await inParts(alive, (ids) => describeRootVolumeTasks(ec2, ids, signal));
  const runners = await lookAtRunners(pool, running, signal);
  const waitingJobs = policy.sizing ? await countJobs(pool, signal) : undefined;
  const rootVolumeTasks = tasks.map(seenTask);
  const renewals = renewalsOf(rootVolumeTasks);
  const instances = found.map((each): SeenInstance => {
    const instance = seenInstance(each);
    const { instanceId, tags } = instance;
    const checked = checksOf(checks.find((one) => one.instanceId === instanceId));
    const runner = runners(instanceId);
    const bornAt = lifeOf(instance, renewals.get(instanceId), policy).startedAt;
    const hasBeenReadyInThisLife = hasBeenReady(instanceId, bornAt, memory);
    const setUp = setUpOf({ checks: checked, runner, tags, bornAt, hasBeenReadyInThisLife });
    return { ...instance, checks: checked, setUp: datedByMemory(setUp, memory), runner };
  });
  return { hosts, instances, rootVolumeTasks, memory, waitingJobs, forceStart };
}

/** A CI system that cannot be asked hides its runners; it does not end them. */
async function lookAtRunners(
  { runners }: Pool,
  instanceIds: readonly string[],
  signal: AbortSignal,
): Promise<(instanceId: string) => RunnerSighting> {
  if (instanceIds.length === 0) return () => ({ state: "absent" });
  try {
    const sightings = await runners.look(instanceIds, signal);
    return (instanceId) => sightings.get(instanceId) ?? { state: "absent" };
  } catch (error) {
    const why = whyNotSeen(error);
    return () => ({ state: "unknown", why });
  }
}

/** Not having counted is not the same as no jobs: the pool then keeps the size that it had. */
async function countJobs({ jobs }: Pool, signal: AbortSignal): Promise<number | { why: string }> {
  if (!jobs) return { why: "the jobs that wait cannot be counted: there is no token for the CI system's API" };
  try {
    return await jobs.count(signal);
  } catch (error) {
    return { why: `the jobs that wait could not be counted: ${whyNotSeen(error)}` };
  }
}

/** The first line of what a driver says. @throws the error itself when it is another, or the look was given up */
function whyNotSeen(error: unknown): string {
  if (!(error instanceof DriverError) || error.kind === "aborted") throw error;
  const [why = ""] = error.message.split("\n");
  return why;
}

/** What an instance's set-up is judged by. */
export interface SetUpSigns {
  checks: SeenInstance["checks"];
  runner: RunnerSighting;
  tags: Tags;
  /** When its present life began. */
  bornAt: Instant;
  hasBeenReadyInThisLife: boolean;
}

/**
 * Macs set themselves up from their user data, wait for their credential and tell nobody. The tag says since when there is
 * one; a runner that registers is the proof that it is done.
 */
export function setUpOf({ checks, runner, tags, bornAt, hasBeenReadyInThisLife }: SetUpSigns): SetUpSighting {
  if (runner.state === "registered" || hasBeenReadyInThisLife) return { state: "done" };
  if (checks === "unknown") return { state: "unknown", why: "EC2 does not show its checks" };
  if (checks !== "ok") return { state: "none" };
  if (runner.state === "unknown") return runner;
  const startedAt = Number(tags[setUpAtTag] ?? 0);
  return startedAt >= bornAt ? { state: "running", startedAt } : { state: "none" };
}

/** Whoever remembers nothing does not know whether the set-up has been over for long: its time begins with this look. */
function datedByMemory(setUp: SetUpSighting, { since }: PoolMemory): SetUpSighting {
  return setUp.state === "running" && since === undefined ? { state: "running" } : setUp;
}

function hasBeenReady(instanceId: string, bornAt: Instant, { lives }: PoolMemory): boolean {
  const last = lives.findLast((life) => life.instanceId === instanceId);
  return last?.result === "ready" && (last.resultAt ?? last.askedAt) >= bornAt;
}

function checksOf(checks: InstanceChecks | undefined): SeenInstance["checks"] {
  if (!checks) return "unknown";
  const both = [checks.system, checks.instance];
  if (both.includes("impaired")) return "impaired";
  if (both.includes("initializing")) return "initializing";
  return both.every((check) => check === "ok") ? "ok" : "unknown";
}

function seenHost({ hostId, name, state, zone, instanceType, instanceIds, hasRoom, tags, ...host }: HostSight) {
  const allocatedAt = instantOf(host.allocatedAt);
  return { hostId, name, state, zone, instanceType, instanceIds, hasRoom, tags, allocatedAt } satisfies SeenHost;
}

type HostSight = Awaited<ReturnType<typeof describeHosts>>[number];

function seenInstance({ instanceId, hostId, state, imageId, launchedAt, tags }: ObservedInstance) {
  return { instanceId, hostId, state, imageId, launchedAt: instantOf(launchedAt), tags };
}

function seenTask(task: Awaited<ReturnType<typeof describeRootVolumeTasks>>[number]): RootVolumeTask {
  const { taskId, instanceId, state, completedAt } = task;
  const startedAt = instantOf(new Date(task.startedAt));
  return {
    taskId,
    instanceId,
    state,
    startedAt,
    ...(completedAt && { completedAt: instantOf(new Date(completedAt)) }),
  };
}

function instantOf(date: Date): Instant {
  return Math.floor(date.getTime() / 1000);
}
