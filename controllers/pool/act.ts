import { allocateHosts, describeHosts, releaseHosts } from "../../drivers/ec2/hosts.ts";
import { describeInstances, replaceRootVolume, runOnHost, terminateInstances } from "../../drivers/ec2/instances.ts";
import { proveOurs, tagResources } from "../../drivers/ec2/tags.ts";
import { isFailure } from "../../drivers/errors.ts";
import { renewingSinceTag, setUpAtTag } from "../../model/ec2-mac/policy.ts";
import type {
  Action,
  AllocateAction,
  DrainAction,
  LaunchAction,
  Outcome,
  ReplaceRootVolumeAction,
  SeenHost,
  SetUpAction,
  TagHostAction,
} from "../../model/ec2-mac/types.ts";
import { outcomeOf } from "./outcome.ts";
import type { Pool } from "./pool.ts";

/** An action takes this long at most; a lease holds for longer. */
const actionSeconds = 300;

/**
 * Does one action. Each can be done again: orders carry a token, and ending what has ended succeeds. A refusal is an
 * outcome, not an exception. `hosts` are those of the observation.
 */
export async function act(
  pool: Pool,
  action: Action,
  hosts: readonly SeenHost[],
  signal: AbortSignal,
): Promise<Outcome> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(actionSeconds * 1000)]);
  try {
    return await perform(pool, action, hosts, limited);
  } catch (error) {
    return outcomeOf(error);
  }
}

async function perform(pool: Pool, action: Action, hosts: readonly SeenHost[], signal: AbortSignal): Promise<Outcome> {
  switch (action.kind) {
    case "allocate":
      return allocate(pool, action, signal);
    case "launch":
      return launch(pool, action, hosts, signal);
    case "replace-root-volume":
      return replace(pool, action, signal);
    case "drain":
      return drain(pool, action, signal);
    case "terminate":
      await ifThere(() => terminateInstances(pool.ec2, [action.instanceId], pool.policy.mark, signal));
      return { result: "done" };
    case "release":
      return release(pool, action.hostId, signal);
    case "quarantine":
    case "restore":
      return tagHost(pool, action, signal);
    case "set-up":
      return setUp(pool, action, signal);
    case "adopt":
    case "wait":
      return { result: "done" };
  }
}

/** Which Mac runs what is the pool's own business, so nothing places or moves an instance by itself. */
async function allocate({ ec2 }: Pool, action: AllocateAction, signal: AbortSignal): Promise<Outcome> {
  const { zone, instanceType, clientToken, tags } = action;
  const settings = { autoPlacement: "off", hostRecovery: "off", hostMaintenance: "off" } as const;
  const order = { zone, instanceType, quantity: 1, clientToken, tags, ...settings };
  const [hostId = ""] = await allocateHosts(ec2, order, signal);
  return { result: "done", hostId };
}

async function launch(
  pool: Pool,
  action: LaunchAction,
  hosts: readonly SeenHost[],
  signal: AbortSignal,
): Promise<Outcome> {
  const { hostId, imageId, clientToken } = action;
  const host = hosts.find((each) => each.hostId === hostId);
  const subnetId = pool.launch.subnets[host?.zone ?? ""];
  const tags = { ...pool.launch.tags, ...action.tags };
  const order = {
    ...{ hostId, launchTemplateName: pool.launch.templateName, imageId, clientToken, tags },
    // A host that was taken for want of the pool's own kind, or from before that was changed, takes only its own.
    ...(host && { instanceType: host.instanceType }),
    ...(subnetId && { subnetId }),
  };
  const { instanceId } = await runOnHost(pool.ec2, order, signal);
  return { result: "done", hostId, instanceId };
}

/**
 * Macs set themselves up from their user data and wait for a credential. The tag comes last: a crash before it makes the
 * next look put down another one, in place of this.
 */
async function setUp({ ec2, credentials, clock }: Pool, action: SetUpAction, signal: AbortSignal): Promise<Outcome> {
  if (!credentials) return { result: "unknown", text: "this controller has nothing to make credentials with" };
  const { instanceId, hostName } = action;
  await credentials.mint({ instanceId, hostName }, signal);
  await tagResources(ec2, [instanceId], { [setUpAtTag]: String(clock.now()) }, signal);
  return { result: "done", instanceId };
}

/** The tag comes first: an idle runner is gone a moment after it was told, and its Mac must know by then what it waits for. */
async function drain({ ec2, runners, clock }: Pool, action: DrainAction, signal: AbortSignal): Promise<Outcome> {
  const { instanceId, hostName, way } = action;
  if (way === "replace-root-volume")
    await tagResources(ec2, [instanceId], { [renewingSinceTag]: String(clock.now()) }, signal);
  await runners.drain({ instanceId, hostName }, signal);
  return { result: "done" };
}

/** The old volume is lost with all that is on it, so this is for our own only. */
async function replace({ ec2, policy }: Pool, action: ReplaceRootVolumeAction, signal: AbortSignal): Promise<Outcome> {
  const { instanceId, imageId, clientToken, tags } = action;
  const seen = await describeInstances(ec2, { ids: [instanceId] }, signal);
  proveOurs(
    seen.map((instance) => ({ id: instance.instanceId, tags: instance.tags })),
    policy.mark,
  );
  await tagResources(ec2, [instanceId], tags, signal);
  await replaceRootVolume(ec2, { instanceId, imageId, clientToken }, signal);
  return { result: "done", instanceId };
}

async function release({ ec2, policy }: Pool, hostId: string, signal: AbortSignal): Promise<Outcome> {
  const answers = await ifThere(() => releaseHosts(ec2, [hostId], policy.mark, signal));
  const refused = answers?.find((answer) => !answer.released);
  if (refused && !refused.released && refused.reason !== "gone") return { result: "failed", text: refused.vendorText };
  return { result: "done", hostId };
}

async function tagHost({ ec2, policy }: Pool, action: TagHostAction, signal: AbortSignal): Promise<Outcome> {
  const { hostId, instanceId, tags } = action;
  const hosts = await describeHosts(ec2, { ids: [hostId] }, signal);
  const instances = instanceId ? await describeInstances(ec2, { ids: [instanceId] }, signal) : [];
  const seen = [
    ...instances.map((instance) => ({ id: instance.instanceId, tags: instance.tags })),
    ...hosts.map((host) => ({ id: host.hostId, tags: host.tags })),
  ];
  proveOurs(seen, policy.mark);
  await tagResources(
    ec2,
    seen.map(({ id }) => id),
    tags,
    signal,
  );
  return { result: "done", hostId };
}

/** What is gone has ended; undefined then. */
async function ifThere<T>(end: () => Promise<T>): Promise<T | undefined> {
  try {
    return await end();
  } catch (error) {
    if (isFailure(error, "not-found")) return undefined;
    throw error;
  }
}
