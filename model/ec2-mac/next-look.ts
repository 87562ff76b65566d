import { scrubPercentile } from "./scrub-times.ts";
import type { Action, Instant } from "./types.ts";
import type { Place, Stage, View } from "./view.ts";

/** Stages that a set-up loop follows closely; the launch loop follows the others that are on their way. */
const closely: ReadonlySet<Stage> = new Set(["booting", "booted", "setting-up", "draining", "replacing", "gone"]);
const loosely: ReadonlySet<Stage> = new Set(["free", "ending", "assessing", "unready", "failed", "broken"]);

/**
 * When to look again at the latest: by the loop that follows what is going on, or earlier when a wait ends or a life is due. A scrub is not
 * looked at before the shortest one of its kind would be over. No two looks are closer than the set-up loop, but for events.
 */
export function nextLook(view: View, actions: readonly Action[], nextRenewalAt: Instant): Instant {
  const { now, policy } = view;
  // Jobs come at any time, and nobody tells a pool that follows them.
  const follows = policy.sizing !== undefined && policy.sizing.least < policy.sizing.most;
  const calm = follows ? policy.setUpLoopSeconds : policy.calmLoopSeconds;
  let next = Math.min(nextRenewalAt, now + calm);
  for (const place of view.places) {
    if (closely.has(place.stage)) next = Math.min(next, now + policy.setUpLoopSeconds);
    else if (loosely.has(place.stage)) next = Math.min(next, now + policy.launchLoopSeconds);
    else if (place.stage === "scrubbing") next = Math.min(next, scrubLook(place, view));
  }
  for (const action of actions)
    next = Math.min(next, action.kind === "wait" ? action.until : now + policy.setUpLoopSeconds);
  return Math.max(next, now + policy.setUpLoopSeconds);
}

function scrubLook({ host }: Place, { now, policy, memory, scrubTimes }: View): Instant {
  const since = memory.hostStates[host.hostId]?.since ?? now;
  return Math.max(now + policy.launchLoopSeconds, since + scrubPercentile(scrubTimes, host, 0));
}
