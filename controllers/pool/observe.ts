import { describeHosts } from "../../drivers/ec2/hosts.ts";
import {
  describeInstances,
  describeRootVolumeTasks,
  type InstanceChecks,
  instanceChecks,
  type ObservedInstance,
} from "../../drivers/ec2/instances.ts";
import { DriverError } from "../../drivers/errors.ts";
import type {
  Instant,
  Observed,
  PoolMemory,
  RootVolumeTask,
  RunnerSighting,
  SeenHost,
  SeenInstance,
  SetUpSighting,
} from "../../model/ec2-mac/types.ts";
import type { Pool } from "./pool.ts";

/** EC2 takes this many ids in one question about instances' status. */
const idsAtOnce = 100;

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
  const instances = found.map((instance): SeenInstance => {
    const { instanceId } = instance;
    const checked = checksOf(checks.find((each) => each.instanceId === instanceId));
    const runner = runners(instanceId);
    const setUp = setUpOf(checked, runner, hasBeenReady(instanceId, memory));
    return { ...seenInstance(instance), checks: checked, setUp, runner };
  });
  return { hosts, instances, rootVolumeTasks: tasks.map(seenTask), memory, forceStart };
}

async function inParts<T>(ids: readonly string[], look: (ids: readonly string[]) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < ids.length; from += idsAtOnce) all.push(...(await look(ids.slice(from, from + idsAtOnce))));
  return all;
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
    if (!(error instanceof DriverError) || error.kind === "aborted") throw error;
    const [why = ""] = error.message.split("\n");
    return () => ({ state: "unknown", why });
  }
}

/**
 * Macs set themselves up from their user data and tell nobody; a runner that registers is the proof that it is done. So
 * a Mac that has booted and has had no runner in this life is still at it.
 */
export function setUpOf(
  checks: SeenInstance["checks"],
  runner: RunnerSighting,
  hasBeenReadyInThisLife: boolean,
): SetUpSighting {
  if (runner.state === "registered" || hasBeenReadyInThisLife) return { state: "done" };
  if (checks === "unknown") return { state: "unknown", why: "EC2 does not show its checks" };
  if (checks !== "ok") return { state: "none" };
  return runner.state === "unknown" ? runner : { state: "running" };
}

function hasBeenReady(instanceId: string, { lives }: PoolMemory): boolean {
  return lives.findLast((life) => life.instanceId === instanceId)?.result === "ready";
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
