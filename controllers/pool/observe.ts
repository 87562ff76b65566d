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
import { setUpSighting } from "../../model/ec2-mac/set-up-sighting.ts";
import type { Observed, PoolMemory, RunnerSighting, SeenHost, SeenInstance } from "../../model/ec2-mac/types.ts";
import { inParts, instantOf, seenTask } from "./parts.ts";
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
    const { instanceId } = instance;
    const checked = checksOf(checks.find((one) => one.instanceId === instanceId));
    const signs = { ...instance, checks: checked, runner: runners(instanceId) };
    const bornAt = lifeOf(instance, renewals.get(instanceId), policy).startedAt;
    return { ...signs, setUp: setUpSighting({ ...signs, bornAt }, memory) };
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
