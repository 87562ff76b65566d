import { poolReadyTag } from "../plan/ec2-mac.ts";
import { isLeaving, madeByController } from "./lease-mark.ts";
import { oncePer } from "./once.ts";
import type { DeclaredHost, PoolPolicy } from "./policy.ts";
import { aliveCount } from "./sizing.ts";
import type {
  Action,
  AdoptAction,
  AllocateAction,
  AllocationRecord,
  CapacityRefusal,
  Instant,
  SeenHost,
  WaitAction,
} from "./types.ts";
import { ordersFrom, type View } from "./view.ts";
import { at } from "./words.ts";

/** Where a host could be ordered. */
interface Offer {
  zone: string;
  instanceType: string;
}

/** Orders hosts for declared names that have none, as many as there is room for, and notes which host has which name. */
export function allocations(view: View, room: number): Action[] {
  let left = room - pendingOrders(view);
  const actions: Action[] = [];
  const { policy, keepers, memory } = view;
  for (const declared of policy.hosts) {
    const host = keepers.get(declared.name);
    const known = host ? undefined : lastOrders(memory.allocations).get(declared.name);
    if (host) {
      const before = memory.hostIds[declared.name];
      if (before !== host.hostId) actions.push(adopt(host, before));
    } else if (known?.result === "asked" || left > 0) {
      const action = allocateOrWait(declared, known, view);
      if (action.kind === "allocate") left--;
      actions.push(action);
    }
  }
  return actions;
}

function adopt({ name, hostId }: SeenHost, before: string | undefined): AdoptAction {
  const reason = before === undefined ? `${hostId} has its name` : `${hostId} has taken the place of ${before}`;
  return { kind: "adopt", hostName: name, hostId, reason };
}

/** Orders change when one is given or answered, and are asked for at each look. */
const lastOrders = oncePer(
  (allocations: readonly AllocationRecord[]) => new Map(allocations.map((order) => [order.hostName, order])),
);

/** Hosts that have been ordered for one of the declared names and are not shown yet. */
function pendingOrders({ memory, now, policy, size }: View): number {
  if (!size) return 0;
  return memory.allocations.filter(
    ({ result, answeredAt, hostId, askedAt }) =>
      (result === "asked" || (result === "allocated" && memory.hostStates[hostId ?? ""] === undefined)) &&
      now < (answeredAt ?? askedAt) + policy.settleSeconds,
  ).length;
}

function allocateOrWait(
  declared: DeclaredHost,
  known: AllocationRecord | undefined,
  view: View,
): AllocateAction | WaitAction {
  const { memory, now, policy } = view;
  if (known?.result === "asked") return repeat(known, view);
  if (view.places.some(({ host }) => host.name === declared.name && isLeaving(host)))
    return waitFor(declared, now + policy.calmLoopSeconds, "its host is being given back");
  if (!mayOrder(declared, view))
    return waitFor(declared, now + policy.calmLoopSeconds, "it has never been seen: `pulumi up` makes it");
  if (now < ordersFrom(view)) return waitFor(declared, ordersFrom(view), "the controller has just begun to remember");
  const shownBy = (known?.answeredAt ?? 0) + policy.settleSeconds;
  if (known?.result === "allocated" && now < shownBy)
    return waitFor(declared, shownBy, `${known.hostId} was allocated at ${at(known.askedAt)} and is not shown yet`);
  const offers = offersFor(declared, policy);
  const open = offers.find((offer) => closedUntil(offer, memory.refusals, policy) <= now);
  if (open) return allocate(declared.name, open, `host-${declared.name}-${now}`, view, whyOrdered(view));
  const until = Math.min(...offers.map((offer) => closedUntil(offer, memory.refusals, policy)));
  return waitFor(declared, until, `none of ${offers.length} zones and types had room; tried again at ${at(until)}`);
}

/** A name that had a host lost it, to AWS or to a release, and nobody else brings it back. */
function mayOrder({ name, standing }: DeclaredHost, { memory, places }: View): boolean {
  return !standing || memory.hostIds[name] !== undefined || places.some(({ host }) => host.name === name);
}

function whyOrdered(view: View): string {
  if (!view.size) return "no host has its name";
  return `${view.size.wanted} runners are wanted, and ${aliveCount(view)} are there or will be soon`;
}

function repeat({ hostName, zone, instanceType, clientToken, askedAt }: AllocationRecord, view: View): AllocateAction {
  const reason = `asked at ${at(askedAt)} and no answer came: asked again with the same token`;
  return allocate(hostName, { zone, instanceType }, clientToken, view, reason);
}

/** Its own zone first, then the others as given; every zone for a type before the next type. */
function offersFor({ zone }: DeclaredHost, { zones, instanceTypes }: PoolPolicy): Offer[] {
  const order = [...new Set([zone, ...zones])];
  return instanceTypes.flatMap((instanceType) => order.map((each) => ({ zone: each, instanceType })));
}

/** A quota is of the type, so its refusal closes every zone. */
function closedUntil(offer: Offer, refusals: readonly CapacityRefusal[], policy: PoolPolicy): Instant {
  let until = 0;
  for (const { zone, instanceType, why, at: refusedAt, times } of refusals) {
    if (instanceType !== offer.instanceType || (zone !== offer.zone && why !== "quota-exceeded")) continue;
    until = Math.max(until, refusedAt + capacityPauseSeconds(times, policy));
  }
  return until;
}

/** How long nobody asks again after this many refusals in a row. */
export function capacityPauseSeconds(times: number, policy: PoolPolicy): number {
  return Math.min(policy.capacityPauseSeconds * 2 ** Math.min(20, times - 1), policy.capacityPauseLimitSeconds);
}

function allocate(
  hostName: string,
  offer: Offer,
  clientToken: string,
  { policy }: View,
  reason: string,
): AllocateAction {
  const tags = { ...policy.hostTags, ...policy.mark, ...madeByController, Name: hostName, [poolReadyTag]: "true" };
  return { kind: "allocate", hostName, ...offer, clientToken, tags, reason };
}

function waitFor({ name }: DeclaredHost, until: Instant, reason: string): WaitAction {
  return { kind: "wait", hostName: name, until, reason };
}
