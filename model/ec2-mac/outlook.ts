import { isOccupied, isReady, type OccupiedPlace } from "./actions.ts";
import type { PoolPolicy } from "./policy.ts";
import { scrubPercentile } from "./scrub-times.ts";
import type { Instant, RecycleWay } from "./types.ts";
import type { Place, View } from "./view.ts";
import { wayOf } from "./way.ts";

/** How long AWS takes for parts of a renewal, in seconds, rather too long than too short (see facts in the tests). */
const usual = { stopping: 17 * 60, replacement: 10 * 60, boot: 20 * 60, setUp: 15 * 60 } as const;

/** The share of scrubs that are planned for. */
const plannedShare = 0.95;

/** How long a host is expected to have no ready runner when its life is renewed in this way, in seconds. */
export function outageSeconds({ host }: Place, way: RecycleWay, { scrubTimes }: View): number {
  const renewal =
    way === "terminate" ? usual.stopping + scrubPercentile(scrubTimes, host, plannedShare) : usual.replacement;
  return renewal + usual.boot + usual.setUp;
}

/** The youngest age at which the planner ends a life, in seconds: each gets at least half of what it was meant to have. */
function youngestRenewalSeconds(policy: PoolPolicy): number {
  return policy.softLifeSeconds / 2;
}

/**
 * When to begin renewing each ready runner, by instance: as late as possible, yet so early that all are renewed before
 * their own supervisors end them and never more are out at once than the promise leaves. Planned backwards from the last
 * life that ends: each renewal takes a lane, the lanes are as many as may be out, and a full lane pushes it earlier.
 */
export function planRecycling(view: View): Map<string, Instant> {
  const { policy } = view;
  const starts = new Map<string, Instant>();
  const laneCount = lanesOf(view);
  if (laneCount === 0) return starts;
  const ready = view.places.filter(isReady).filter(({ role }) => role === "declared");
  /** When the first renewal of each lane in use begins, in ascending order. */
  const lanes: Instant[] = [];
  for (const place of ready.sort((a, b) => b.occupied.life.softEndsAt - a.occupied.life.softEndsAt)) {
    const { instance, life } = place.occupied;
    const laneBegins = lanes.length < laneCount ? Number.POSITIVE_INFINITY : (lanes.pop() as Instant);
    const latest = Math.min(dueAt(place, policy), laneBegins - outageSeconds(place, wayOf(place, view), view));
    lanes.splice(rankIn(lanes, latest), 0, latest);
    starts.set(instance.instanceId, Math.max(latest, life.startedAt + youngestRenewalSeconds(policy)));
  }
  return starts;
}

/** Where the moment belongs in an ascending list. */
function rankIn(moments: readonly Instant[], moment: Instant): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle] as Instant) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** When draining has to begin so that a usual job is over before the Mac's own supervisor ends the life. */
export function dueAt({ occupied: { life } }: OccupiedPlace, policy: PoolPolicy): Instant {
  return Math.min(life.softEndsAt, life.scrubDueAt) - policy.graceSeconds / 2;
}

/**
 * One for each runner that may be out at once. With a promise of all of them, one is out at a time if the floor allows. A
 * pool that follows its demand promises what it wants; one in ten may be out all the same.
 */
export function lanesOf({ policy, size, places }: View): number {
  const { hosts, promisedReady, floor } = policy;
  const held = size ? places.length : hosts.length;
  const spare = size ? Math.max(held - size.kept, Math.ceil(held / 10)) : held - promisedReady;
  return Math.max(0, Math.min(held - floor, Math.max(1, spare)));
}

/** How many runners are expected to be ready, and where the promise is not kept. */
export interface Outlook {
  /** The fewest expected within each of the next 24 hours. */
  readyByHour: number[];
  /** The first hour in which fewer are expected than promised. */
  shortFrom: Instant | undefined;
}

/** What the next 24 hours are expected to bring, with scrubs as long as 95 of 100 measured ones. */
export function outlook(view: View): Outlook {
  const starts = planRecycling(view);
  const readyByHour = Array.from({ length: 24 }, () => 0);
  for (const place of view.places) {
    if (place.role !== "declared") continue;
    const out = expectedOutage(place, view, starts);
    for (let hour = 0; hour < 24; hour++) {
      const from = view.now + hour * 3600;
      if (!out || out.from >= from + 3600 || out.until <= from) readyByHour[hour] = (readyByHour[hour] ?? 0) + 1;
    }
  }
  const short = readyByHour.findIndex((count) => count < view.policy.promisedReady);
  return { readyByHour, shortFrom: short < 0 ? undefined : view.now + short * 3600 };
}

/** When the place is expected to have no ready runner within the next day. */
function expectedOutage(
  place: Place,
  view: View,
  starts: ReadonlyMap<string, Instant>,
): { from: Instant; until: Instant } | undefined {
  const { now } = view;
  if (place.stage === "ready" && isOccupied(place)) {
    const startAt = starts.get(place.occupied.instance.instanceId);
    const from = Math.max(now, startAt ?? place.occupied.life.softEndsAt);
    return {
      from,
      until: from + outageSeconds(place, startAt === undefined ? "terminate" : wayOf(place, view), view),
    };
  }
  return { from: now, until: now + remainingOutage(place, view) };
}

function remainingOutage(place: Place, view: View): number {
  const drained = place.occupied?.drain?.way;
  const passed = view.now - (view.memory.hostStates[place.host.hostId]?.since ?? view.now);
  switch (place.stage) {
    case "out":
    case "occupied":
    case "failed":
      return Number.POSITIVE_INFINITY;
    case "booting":
    case "free":
      return usual.boot + usual.setUp;
    case "booted":
    case "setting-up":
      return usual.setUp;
    case "replacing":
      return usual.replacement + usual.boot + usual.setUp;
    case "scrubbing":
      return Math.max(0, outageSeconds(place, "terminate", view) - passed);
    default:
      return outageSeconds(place, drained ?? "terminate", view);
  }
}
