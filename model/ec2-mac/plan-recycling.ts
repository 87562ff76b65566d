import { isReady, type OccupiedPlace } from "./actions.ts";
import type { Life } from "./life.ts";
import type { PoolPolicy } from "./policy.ts";
import { scrubPercentile } from "./scrub-times.ts";
import type { Instant, RecycleWay } from "./types.ts";
import type { Place, View } from "./view.ts";
import { wayOf } from "./way.ts";

/** When a life has to be over. */
export type LifeEnds = Pick<Life, "softEndsAt" | "scrubDueAt">;

/** How long AWS takes for parts of a renewal, in seconds, rather too long than too short (see facts in the tests). */
export const usual = { stopping: 17 * 60, replacement: 10 * 60, boot: 20 * 60, setUp: 15 * 60 } as const;

/** The share of scrubs that are planned for. */
const plannedShare = 0.95;

/** How long a scrub is planned to take, in seconds: as long as 95 of 100 measured ones. */
export function plannedScrubSeconds({ host }: Place, { scrubTimes }: View): number {
  return scrubPercentile(scrubTimes, host, plannedShare);
}

/** How long a host is expected to have no ready runner when its life is renewed in this way, in seconds. */
export function outageSeconds(place: Place, way: RecycleWay, view: View): number {
  const renewal = way === "terminate" ? usual.stopping + plannedScrubSeconds(place, view) : usual.replacement;
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
  ready.sort((a, b) => b.occupied.life.softEndsAt - a.occupied.life.softEndsAt);
  const renewals = ready.map((place) => {
    const due = dueAt(place, policy);
    return { dueAt: due, seconds: outageSeconds(place, wayOf(place, view, due), view) };
  });
  for (const [index, latest] of latestStarts(renewals, laneCount).entries()) {
    const { instance, life } = (ready[index] as OccupiedPlace).occupied;
    starts.set(instance.instanceId, Math.max(latest, life.startedAt + youngestRenewalSeconds(policy)));
  }
  return starts;
}

/** When each of these renewals begins at the latest, with so many lanes. The one that is due last comes first. */
export function latestStarts(renewals: readonly { dueAt: Instant; seconds: number }[], laneCount: number): Instant[] {
  /** When the first renewal of each lane in use begins, in ascending order. */
  const lanes: Instant[] = [];
  return renewals.map(({ dueAt, seconds }) => {
    const laneBegins = lanes.length < laneCount ? Number.POSITIVE_INFINITY : (lanes.pop() as Instant);
    const latest = Math.min(dueAt, laneBegins - seconds);
    lanes.splice(rankIn(lanes, latest), 0, latest);
    return latest;
  });
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
export function dueAt({ occupied: { life } }: { occupied: { life: LifeEnds } }, policy: PoolPolicy): Instant {
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
