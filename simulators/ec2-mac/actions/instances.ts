import { type Action, type ActionContext, forwardOthers } from "../context.ts";
import { Ec2Error, insufficientCapacityOnHost } from "../errors.ts";
import { matches, page } from "../filters.ts";
import { filtersOf, type QueryNode, text, texts } from "../query.ts";
import { checkStatus, imageOf, instanceState, occupies, takesLaunch } from "../rules.ts";
import type { SimInstance } from "../state.ts";
import { bootTimes, draw, RANGES } from "../timings.ts";
import { innerXml, RawXml, type XmlValue } from "../xml.ts";
import { hostOf, renderInstance, reservation, stateElement } from "./render-instance.ts";

/** Mac instances, page by page, and after them all that moto has. */
export const describeInstances: Action = async (context, query) => {
  const { items, nextToken, others } = await selected(context, query, "reservationSet");
  const ours = items.map((instance) => reservation([renderInstance(context, instance)]));
  return { reservationSet: [...ours, others], nextToken };
};

/** Status checks; without `IncludeAllInstances` only of running instances. */
export const describeInstanceStatus: Action = async (context, query) => {
  const all = text(query, "IncludeAllInstances") === "true";
  const { items, nextToken, others } = await selected(context, query, "instanceStatusSet");
  const shown = items.filter((instance) => all || instanceState(instance, context.now) === "running");
  return { instanceStatusSet: [...shown.map((instance) => renderStatus(context, instance)), others], nextToken };
};

/** Ends Mac instances for good; the host scrubs afterwards. */
export const terminateInstances: Action = (context, query) =>
  changeEach(context, query, (instance) =>
    endInstance(context, instance, "terminate", "Client.UserInitiatedShutdown: User initiated shutdown"),
  );

/** Stops Mac instances; the host scrubs afterwards, just as after a termination. */
export const stopInstances: Action = (context, query) =>
  changeEach(context, query, (instance) => {
    if (instanceState(instance, context.now) === "pending") throw incorrectState(instance, "running");
    endInstance(context, instance, "stop", "Client.UserInitiatedShutdown: User initiated shutdown");
  });

/** Starts stopped Mac instances, once their host is through with scrubbing. */
export const startInstances: Action = (context, query) =>
  changeEach(context, query, (instance) => {
    if (!occupies(instance, context.now)) startAgain(context, instance);
    else if (instanceState(instance, context.now) === "stopping") throw incorrectState(instance, "stopped");
  });

/** Begins the end of an instance, by an API call or from inside; what is ending already goes on as it was. */
export function endInstance(
  context: Pick<ActionContext, "state" | "now" | "seed">,
  instance: SimInstance,
  kind: "stop" | "terminate",
  reason: string,
): void {
  const { now, seed } = context;
  const state = instanceState(instance, now);
  if (state === "stopped" && kind === "terminate") instance.ending = { kind, reason, from: now, until: now };
  if (instance.ending) return;
  const key = `${seed}/${instance.instanceId}/${instance.launchedAt}`;
  const until = now + draw(RANGES.stopping, `${key}/stopping`) * 1000;
  instance.ending = { kind, reason, from: now, until };
  const host = context.state.hosts.find(({ hostId }) => hostId === instance.hostId);
  const range = instance.instanceType.startsWith("mac1.") ? RANGES.scrubIntel : RANGES.scrubAppleSilicon;
  if (host) host.scrub = { from: until, until: until + draw(range, `${key}/scrub`) * 1000 };
}

function startAgain(context: ActionContext, instance: SimInstance): void {
  if (instance.ending?.kind === "terminate") throw incorrectState(instance, "stopped");
  const host = hostOf(context, instance);
  if (!takesLaunch(context.state, host, context.now)) throw insufficientCapacityOnHost(host.hostId);
  instance.ending = undefined;
  instance.launchedAt = context.now;
  Object.assign(instance, bootTimes(context.seed, `${instance.instanceId}/${context.now}`, context.now));
}

/** Filters that moto does not know. Its instances, which are on no host of the account's, would hardly pass them. */
const NOT_AT_MOTO = new Set(["host-id", "tenancy", "client-token"]);

async function selected(context: ActionContext, query: QueryNode, setName: string) {
  const ids = texts(query, "InstanceId");
  const known = new Set(context.state.instances.map(({ instanceId }) => instanceId));
  const filters = filtersOf(query);
  const found = context.state.instances
    .filter((instance) => instance.region === context.region)
    .filter((instance) => ids.length === 0 || ids.includes(instance.instanceId))
    .filter((instance) => matches({ fields: filterFields(context, instance), tags: instance.tags }, filters));
  const { items, nextToken } = page(found, text(query, "MaxResults"), text(query, "NextToken"));
  // moto's instances come whole with the last page: the local stack has hardly any.
  const isMotoAsked = !nextToken && !filters.some((filter) => NOT_AT_MOTO.has(filter.name));
  const others = isMotoAsked ? await forwardOthers(unpaged(context), "InstanceId", (id) => known.has(id)) : "";
  return { items, nextToken, others: new RawXml(innerXml(others, setName)) };
}

/** The same request without paging. */
function unpaged(context: ActionContext): ActionContext {
  const form = new URLSearchParams(context.form);
  form.delete("MaxResults");
  form.delete("NextToken");
  return { ...context, form };
}

/** Applies a change to each of our instances named, the others at moto, and answers with states before and after. */
async function changeEach(context: ActionContext, query: QueryNode, change: (instance: SimInstance) => void) {
  const known = new Map(context.state.instances.map((instance) => [instance.instanceId, instance]));
  const others = await forwardOthers(context, "InstanceId", (id) => known.has(id));
  const changes = texts(query, "InstanceId").flatMap((id): XmlValue[] => {
    const instance = known.get(id);
    if (!instance) return [];
    const previousState = stateElement(instanceState(instance, context.now));
    change(instance);
    const currentState = stateElement(instanceState(instance, context.now));
    return [{ instanceId: id, currentState, previousState }];
  });
  return { instancesSet: [...changes, new RawXml(innerXml(others, "instancesSet"))] };
}

function renderStatus(context: ActionContext, instance: SimInstance): XmlValue {
  const state = instanceState(instance, context.now);
  const check = state === "running" ? checkStatus(context.state, instance, context.now) : "not-applicable";
  const detail = check === "ok" ? "passed" : check;
  const status = { status: check, details: [{ name: "reachability", status: detail }] };
  return {
    instanceId: instance.instanceId,
    availabilityZone: hostOf(context, instance).zone,
    instanceState: stateElement(state),
    systemStatus: status,
    instanceStatus: status,
  };
}

function filterFields(context: ActionContext, instance: SimInstance) {
  const state = instanceState(instance, context.now);
  return {
    "instance-id": [instance.instanceId],
    "instance-state-name": [state],
    "instance-type": [instance.instanceType],
    "image-id": [imageOf(context.state, instance, context.now)],
    "host-id": [instance.hostId],
    "client-token": [instance.clientToken],
    "private-ip-address": [instance.privateIp],
    "subnet-id": [instance.subnetId],
    "vpc-id": [instance.vpcId],
    tenancy: ["host"],
  };
}

function incorrectState(instance: SimInstance, wanted: string): Ec2Error {
  const text = `The instance '${instance.instanceId}' is not in a state from which it can be ${wanted}.`;
  return new Ec2Error("IncorrectInstanceState", text);
}
