import { drain, isReady, type OccupiedPlace } from "./actions.ts";
import { forecastAt } from "./forecast.ts";
import { dueAt, lanesOf, planRecycling } from "./plan-recycling.ts";
import type { PoolPolicy } from "./policy.ts";
import type { DrainAction, Instant } from "./types.ts";
import { isBusy } from "./utilization.ts";
import type { View } from "./view.ts";
import { wayOf, whyThisWay } from "./way.ts";
import { at, span } from "./words.ts";

/** Why a runner should be renewed. */
interface Cause {
  why: string;
  /** How many runners must stay ready for it, besides what the floor asks for. */
  leaves: number;
}

/** Which runners to drain now, and when the next one is due. */
export interface Recycling {
  drains: DrainAction[];
  nextAt: Instant;
}

/**
 * Picks the runners whose lives the pool ends by its own choice now, the most urgent first. Never goes below the floor,
 * and takes no working runner down for an image whose lives fail.
 */
export function recycle(view: View, busyElsewhere: ReadonlySet<string>): Recycling {
  const { policy } = view;
  const ready = view.places.filter(isReady);
  const candidates = ready.filter((place) => !busyElsewhere.has(place.host.hostId));
  if (candidates.length === 0 || view.pause) return { drains: [], nextAt: Number.POSITIVE_INFINITY };
  const starts = planRecycling(view);
  const causes = causesOf(view, candidates, starts);
  let left = candidates.length;
  const drains: DrainAction[] = [];
  for (const [place, { why, leaves }] of [...causes].sort(byUrgency)) {
    if (left - 1 < Math.max(leaves, policy.floor)) continue;
    left--;
    drains.push(drain(place, wayOf(place, view), true, `${why}; ${whyThisWay(place, view)}`));
  }
  return { drains, nextAt: nextStart(starts, view) };
}

/** When the next life is due, or one that is due may have become idle. */
function nextStart(starts: ReadonlyMap<string, Instant>, { now, policy }: View): Instant {
  let next = Number.POSITIVE_INFINITY;
  for (const at of starts.values()) next = Math.min(next, at > now ? at : now + policy.launchLoopSeconds);
  return next;
}

function causesOf(
  view: View,
  candidates: readonly OccupiedPlace[],
  starts: ReadonlyMap<string, Instant>,
): Map<OccupiedPlace, Cause> {
  const { policy } = view;
  const causes = new Map<OccupiedPlace, Cause>();
  for (const place of candidates) {
    const cause = dueCause(place, starts, view) ?? choiceCause(place, policy) ?? quietCause(place, view);
    if (cause) causes.set(place, cause);
  }
  return causes;
}

/** What is due: the promise yields to it, the floor does not. */
function dueCause(
  place: OccupiedPlace,
  starts: ReadonlyMap<string, Instant>,
  { now, policy }: View,
): Cause | undefined {
  const { occupied, role } = place;
  const { instance, life } = occupied;
  if (role === "surplus") return { why: "another host has its name", leaves: 0 };
  const startAt = starts.get(instance.instanceId);
  if (startAt === undefined || startAt > now) return undefined;
  // A drained runner that is busy takes no job for as long as its own lasts; there is time to let it become idle.
  if (isBusy(place) && now < dueAt(place, policy)) return undefined;
  return { why: `${span(now - life.startedAt)} old and due at ${at(life.softEndsAt)}`, leaves: 0 };
}

/** What can wait until the promise allows it. */
function choiceCause({ occupied }: OccupiedPlace, policy: PoolPolicy): Cause | undefined {
  const { runner, imageId } = occupied.instance;
  const jobs = runner.state === "registered" ? (runner.jobsFinished ?? 0) : 0;
  if (jobs >= policy.maxJobs) {
    const why = `${jobs} jobs done, and ${policy.maxJobs} are a life's`;
    return { why, leaves: Math.max(policy.promisedReady, policy.minAlive) };
  }
  if (imageId === policy.imageId) return undefined;
  return { why: `it runs ${imageId} and the pool ${policy.imageId}`, leaves: policy.promisedReady };
}

/** An hour is as quiet as another when its load is not much above it. */
const likeness = 1.05;

/** In the last hours of a life the quietest of them is taken, as long as the runner has nothing to do. */
function quietCause(place: OccupiedPlace, view: View): Cause | undefined {
  const { now, policy, memory, size } = view;
  if (place.role !== "declared" || isBusy(place) || !isQuietest(now, place, view)) return undefined;
  const usual = forecastAt(memory.demand, now)?.mean ?? 0;
  if ((memory.demand?.load ?? 0) > 2 * usual + 2) return undefined;
  const held = size ? view.places.length : policy.hosts.length;
  return { why: "it is idle in the quietest hour left to its life", leaves: Math.max(0, held - lanesOf(view)) };
}

/** True when the moment is among the last hours of the life and no later one of them is expected to be quieter. */
export function isQuietest(at: Instant, place: OccupiedPlace, { policy, memory }: View): boolean {
  if (at < place.occupied.life.startedAt + policy.softLifeSeconds - policy.softLifeSpreadSeconds / 2) return false;
  const present = forecastAt(memory.demand, at);
  if (!present) return false;
  for (let later = at + 3600; later < dueAt(place, policy); later += 3600) {
    const forecast = forecastAt(memory.demand, later);
    if (!forecast || forecast.mean * likeness < present.mean) return false;
  }
  return true;
}

function byUrgency([a, causeA]: [OccupiedPlace, Cause], [b, causeB]: [OccupiedPlace, Cause]): number {
  return causeA.leaves - causeB.leaves || a.occupied.life.softEndsAt - b.occupied.life.softEndsAt;
}
