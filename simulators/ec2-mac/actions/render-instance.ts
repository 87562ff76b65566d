import { ACCOUNT_ID, type ActionContext } from "../context.ts";
import { hostNotFound } from "../errors.ts";
import { INSTANCE_STATE_CODES, type InstanceState, imageOf, instanceState } from "../rules.ts";
import type { SimHost, SimInstance } from "../state.ts";
import type { XmlValue } from "../xml.ts";
import { tagSet } from "./tags.ts";

/** One reservation, as RunInstances answers and DescribeInstances lists. */
export function reservation(instances: XmlValue[]): Record<string, XmlValue> {
  return { reservationId: "r-00000000000000001", ownerId: ACCOUNT_ID, groupSet: [], instancesSet: instances };
}

/** A state as EC2 writes it: number and name. */
export function stateElement(state: InstanceState): XmlValue {
  return { code: INSTANCE_STATE_CODES[state], name: state };
}

/** The host that an instance is on. */
export function hostOf(context: ActionContext, instance: SimInstance): SimHost {
  const host = context.state.hosts.find(({ hostId }) => hostId === instance.hostId);
  if (!host) throw hostNotFound(instance.hostId);
  return host;
}

/** An instance as DescribeInstances lists it. */
export function renderInstance(context: ActionContext, instance: SimInstance): XmlValue {
  const state = instanceState(instance, context.now);
  const dnsName = `ip-${instance.privateIp.replaceAll(".", "-")}.${instance.region}.compute.internal`;
  return {
    instanceId: instance.instanceId,
    imageId: imageOf(context.state, instance, context.now),
    instanceState: stateElement(state),
    privateDnsName: dnsName,
    dnsName: "",
    reason: instance.ending?.reason ?? "",
    stateReason: instance.ending && {
      code: instance.ending.reason.split(":")[0] ?? "",
      message: instance.ending.reason,
    },
    keyName: instance.keyName,
    amiLaunchIndex: 0,
    instanceType: instance.instanceType,
    launchTime: new Date(instance.launchedAt),
    placement: {
      availabilityZone: zoneOf(context, instance),
      groupName: "",
      tenancy: "host",
      hostId: instance.hostId,
    },
    architecture: instance.instanceType.startsWith("mac1.") ? "x86_64_mac" : "arm64_mac",
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/sda1",
    clientToken: instance.clientToken,
    tagSet: tagSet(instance.tags),
    ...(state === "terminated" ? {} : network(instance)),
    iamInstanceProfile: profile(instance),
    metadataOptions: instance.metadataOptions,
  };
}

function network(instance: SimInstance): Record<string, XmlValue> {
  return {
    subnetId: instance.subnetId,
    vpcId: instance.vpcId,
    privateIpAddress: instance.privateIp,
    groupSet: instance.securityGroupIds.map((groupId) => ({ groupId })),
  };
}

function profile({ instanceProfile }: SimInstance): XmlValue | undefined {
  if (!instanceProfile) return undefined;
  const arn = instanceProfile.startsWith("arn:")
    ? instanceProfile
    : `arn:aws:iam::${ACCOUNT_ID}:instance-profile/${instanceProfile}`;
  return { arn };
}

/** The zone outlives the host's own record, so an instance of a host long released still shows one. */
function zoneOf(context: ActionContext, instance: SimInstance): string {
  return context.state.hosts.find(({ hostId }) => hostId === instance.hostId)?.zone ?? `${instance.region}a`;
}
