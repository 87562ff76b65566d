import type { Action, ActionContext } from "../context.ts";
import { ACCOUNT_ID } from "../context.ts";
import { Ec2Error, hostLimitExceeded, hostNotFound, invalidParameter, missingParameter } from "../errors.ts";
import { matches, page } from "../filters.ts";
import { filtersOf, type QueryNode, tagSpecification, text, texts } from "../query.ts";
import { quotaOf } from "../quotas.ts";
import { countsAgainstQuota, hostState, isReleased, occupant, releaseRefusal, takesLaunch } from "../rules.ts";
import { nextId, type SimHost } from "../state.ts";
import { once } from "../tokens.ts";
import type { XmlValue } from "../xml.ts";
import { tagSet } from "./tags.ts";

/** Allocates Mac hosts. A repeated client token gives the same hosts again. */
export const allocateHosts: Action = (context, query) => {
  const instanceType = text(query, "InstanceType");
  if (!instanceType) throw new Ec2Error("InvalidHostConfiguration", "The request must contain an instance type.");
  if (!instanceType.startsWith("mac")) return undefined;
  const zone = text(query, "AvailabilityZone");
  if (!zone) throw missingParameter("AvailabilityZone");
  if (!zone.startsWith(context.region)) throw invalidParameter(zone, "availabilityZone");
  const quantity = Number(text(query, "Quantity") ?? "1");
  const hostIds = once(context, query, () => {
    checkQuota(context, instanceType, quantity);
    return Array.from({ length: quantity }, () => addHost(context, query, instanceType, zone));
  });
  return { hostIdSet: hostIds };
};

/** Hosts by id or filter, released ones too. */
export const describeHosts: Action = async (context, query) => {
  const ids = texts(query, "HostId");
  const ours = context.state.hosts.filter((host) => host.region === context.region);
  for (const id of ids) if (!ours.some((host) => host.hostId === id)) throw hostNotFound(id);
  const filters = filtersOf(query);
  const found = ours
    .filter((host) => ids.length === 0 || ids.includes(host.hostId))
    .filter((host) => matches({ fields: filterFields(host, context.now), tags: host.tags }, filters));
  const { items, nextToken } = page(found, text(query, "MaxResults"), text(query, "NextToken"));
  return { hostSet: items.map((host) => describeHost(context, host)), nextToken };
};

/** Changes a host's settings. Its type stays within its family, and each kind of Mac is a family of its own. */
export const modifyHosts: Action = (context, query) =>
  eachHost(context, query, (host) => {
    const instanceType = text(query, "InstanceType") ?? host.instanceType;
    if (instanceType !== host.instanceType)
      return { code: "InvalidHostConfiguration", message: `The instance type '${instanceType}' is not supported.` };
    host.autoPlacement = onOff(query, "AutoPlacement") ?? host.autoPlacement;
    host.hostRecovery = onOff(query, "HostRecovery") ?? host.hostRecovery;
    host.hostMaintenance = onOff(query, "HostMaintenance") ?? host.hostMaintenance;
    return undefined;
  });

/** Releases hosts that are empty and older than 24 hours; each of the others is refused in the answer, not by an error. */
export const releaseHosts: Action = (context, query) =>
  eachHost(context, query, (host) => {
    const refusal = releaseRefusal(context.state, host, context.now);
    if (!refusal) host.releasedAt = context.now;
    return refusal;
  });

/** The macOS versions that each host can launch without new firmware. */
export const describeMacHosts: Action = (context, query) => {
  const ids = texts(query, "HostId");
  const hosts = context.state.hosts.filter((host) => host.region === context.region && !isReleased(host));
  const found = hosts.filter((host) => ids.length === 0 || ids.includes(host.hostId));
  const { items, nextToken } = page(found, text(query, "MaxResults"), text(query, "NextToken"));
  const describe = (host: SimHost) => ({
    hostId: host.hostId,
    macOSLatestSupportedVersionSet: supportedVersions(host),
  });
  return { macHostSet: items.map(describe), nextToken };
};

function addHost(context: ActionContext, query: QueryNode, instanceType: string, zone: string): string {
  const host: SimHost = {
    hostId: nextId(context.state, "h", context.seed),
    region: context.region,
    zone,
    instanceType,
    autoPlacement: onOff(query, "AutoPlacement") ?? "on",
    hostRecovery: onOff(query, "HostRecovery") ?? "off",
    hostMaintenance: onOff(query, "HostMaintenance") ?? "on",
    tags: tagSpecification(query, "dedicated-host"),
    clientToken: text(query, "ClientToken"),
    allocatedAt: context.now,
  };
  context.state.hosts.push(host);
  return host.hostId;
}

function checkQuota(context: ActionContext, instanceType: string, quantity: number): void {
  const family = instanceFamily(instanceType);
  const counted = context.state.hosts.filter(
    (host) => instanceFamily(host.instanceType) === family && countsAgainstQuota(host, context.now),
  );
  const total = counted.length + quantity;
  const limit = quotaOf(context.hostQuota, family);
  if (total > limit) throw hostLimitExceeded(family, quantity, total, limit);
}

/** Does something to each named host, and reports which of them took it. */
function eachHost(
  context: ActionContext,
  query: QueryNode,
  change: (host: SimHost) => { code: string; message: string } | undefined,
) {
  const successful: string[] = [];
  const unsuccessful: XmlValue[] = [];
  for (const id of texts(query, "HostId")) {
    const host = context.state.hosts.find(({ hostId, region }) => hostId === id && region === context.region);
    const gone = { code: "Client.InvalidHostID.NotFound", message: `The host ID '${id}' does not exist` };
    const refusal = host && !isReleased(host) ? change(host) : gone;
    if (refusal) unsuccessful.push({ error: { ...refusal }, resourceId: id });
    else successful.push(id);
  }
  return { successful, unsuccessful };
}

function describeHost(context: ActionContext, host: SimHost): XmlValue {
  const instance = occupant(context.state, host.hostId, context.now);
  const free = takesLaunch(context.state, host, context.now) ? 1 : 0;
  return {
    hostId: host.hostId,
    autoPlacement: host.autoPlacement,
    clientToken: host.clientToken,
    hostProperties: { cores: 8, instanceType: host.instanceType, sockets: 1, totalVCpus: 8 },
    state: hostState(host, context.now),
    availabilityZone: host.zone,
    instances: instance
      ? [{ instanceId: instance.instanceId, instanceType: instance.instanceType, ownerId: ACCOUNT_ID }]
      : [],
    availableCapacity: {
      availableInstanceCapacity: [{ availableCapacity: free, instanceType: host.instanceType, totalCapacity: 1 }],
      availableVCpus: free * 8,
    },
    allocationTime: new Date(host.allocatedAt),
    releaseTime: host.releasedAt === undefined ? undefined : new Date(host.releasedAt),
    tagSet: tagSet(host.tags),
    hostRecovery: host.hostRecovery,
    hostMaintenance: host.hostMaintenance,
    allowsMultipleInstanceTypes: "off",
    ownerId: ACCOUNT_ID,
    memberOfServiceLinkedResourceGroup: false,
  };
}

function filterFields(host: SimHost, now: number) {
  return {
    "auto-placement": [host.autoPlacement],
    "availability-zone": [host.zone],
    "client-token": [host.clientToken],
    "host-reservation-id": [],
    "instance-type": [host.instanceType],
    state: [hostState(host, now)],
  };
}

function onOff(query: QueryNode, name: string): "on" | "off" | undefined {
  const value = text(query, name);
  if (value !== undefined && value !== "on" && value !== "off") throw invalidParameter(value, name);
  return value;
}

function supportedVersions(host: SimHost): string[] {
  return host.instanceType.startsWith("mac1") ? ["14.8.2", "15.7.2"] : ["14.8.2", "15.7.2", "26.1"];
}

function instanceFamily(instanceType: string): string {
  return instanceType.split(".")[0] ?? instanceType;
}
