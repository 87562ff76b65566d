import type { Action, ActionContext } from "../context.ts";
import { Ec2Error, hostNotFound, insufficientCapacityOnHost, invalidParameter, noMatchingHost } from "../errors.ts";
import { type LaunchSpec, launchSpec, type Network, networkOf } from "../launch-spec.ts";
import { type QueryNode, text } from "../query.ts";
import { isReleased, takesLaunch } from "../rules.ts";
import { nextId, type SimHost, type SimInstance } from "../state.ts";
import { bootTimes, hexDigits } from "../timings.ts";
import { earlierIds, once } from "../tokens.ts";
import { renderInstance, reservation } from "./render-instance.ts";

/** Launches on a Mac host; every other launch is moto's. A repeated client token gives the same instance again. */
export const runInstances: Action = async (context, query) => {
  const spec = await launchSpec(context.moto, query);
  const isMac = spec.instanceType?.startsWith("mac") || context.state.hosts.some((host) => host.hostId === spec.hostId);
  if (!isMac) return undefined;
  const ids = earlierIds(context, query) ?? (await launch(context, query, spec));
  const instances = context.state.instances.filter((instance) => ids.includes(instance.instanceId));
  return reservation(instances.map((instance) => renderInstance(context, instance)));
};

async function launch(context: ActionContext, query: QueryNode, spec: LaunchSpec): Promise<string[]> {
  const host = chooseHost(context, spec);
  const network = await networkOf(context.moto, spec, host.zone);
  // Another launch may have taken the host, or this same one its token, while moto was asked.
  return once(context, query, () => {
    if (!takesLaunch(context.state, host, context.now)) throw insufficientCapacityOnHost(host.hostId);
    return [addInstance(context, text(query, "ClientToken"), spec, host, network)];
  });
}

function addInstance(
  context: ActionContext,
  clientToken: string | undefined,
  spec: LaunchSpec,
  host: SimHost,
  network: Network,
): string {
  const { state, now, seed } = context;
  const instanceId = nextId(state, "i", seed);
  const instance: SimInstance = {
    instanceId,
    hostId: host.hostId,
    region: context.region,
    imageId: spec.imageId,
    instanceType: host.instanceType,
    shutdownBehavior: spec.shutdownBehavior,
    tags: spec.tags,
    clientToken,
    keyName: spec.keyName,
    userData: spec.userData,
    subnetId: network.subnetId,
    vpcId: network.vpcId,
    securityGroupIds: network.securityGroupIds,
    instanceProfile: spec.instanceProfile,
    metadataOptions: spec.metadataOptions,
    privateIp: addressIn(network.cidr, instanceId),
    launchedAt: now,
    ...bootTimes(seed, instanceId, now),
  };
  state.instances.push(instance);
  return instanceId;
}

/** An address in the subnet's first 250, picked by the instance's id. */
function addressIn(cidr: string, instanceId: string): string {
  const [base = ""] = cidr.split("/");
  const [a, b, c] = base.split(".");
  return `${a}.${b}.${c}.${4 + (Number.parseInt(hexDigits(instanceId, 4), 16) % 250)}`;
}

function chooseHost(context: ActionContext, spec: LaunchSpec): SimHost {
  if (spec.count > 1) throw new Ec2Error("InvalidParameterCombination", "A Mac host takes one instance.");
  const here = context.state.hosts.filter((host) => host.region === context.region && !isReleased(host));
  if (spec.hostId === undefined) return autoPlace(context, spec, here);
  const host = here.find(({ hostId }) => hostId === spec.hostId);
  if (!host) throw hostNotFound(spec.hostId);
  if (spec.instanceType && spec.instanceType !== host.instanceType)
    throw invalidParameter(spec.instanceType, "instanceType");
  if (!takesLaunch(context.state, host, context.now)) throw insufficientCapacityOnHost(host.hostId);
  return host;
}

/** Without a host id only a host that has auto-placement on takes the launch. */
function autoPlace(context: ActionContext, spec: LaunchSpec, hosts: SimHost[]): SimHost {
  const free = hosts.find(
    (host) =>
      host.autoPlacement === "on" &&
      host.instanceType === spec.instanceType &&
      (spec.zone === undefined || host.zone === spec.zone) &&
      takesLaunch(context.state, host, context.now),
  );
  if (!free || spec.tenancy !== "host") throw noMatchingHost();
  return free;
}
