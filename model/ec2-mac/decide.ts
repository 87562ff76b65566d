import { quarantine } from "./breaker.ts";
import { allocations } from "./capacity.ts";
import { drainStep } from "./drain.ts";
import { endHold } from "./hold.ts";
import { launches } from "./launch.ts";
import { nextLook } from "./next-look.ts";
import type { PoolPolicy } from "./policy.ts";
import { recycle } from "./recycle.ts";
import { giveBack } from "./release.ts";
import { setUp } from "./set-up.ts";
import { orderRoom, shrink } from "./sizing.ts";
import type { Action, Decision, Instant, Observed } from "./types.ts";
import { type Place, type View, viewOf } from "./view.ts";
import { watch } from "./watch.ts";

/** What to do about one place, for itself alone; undefined when the rule has nothing to say. */
type PlaceRule = (place: Place, view: View) => Action | undefined;

/** The first that has something to say decides. For what is in service limits come first, as they guard the machines. */
const placeRules: readonly PlaceRule[] = [endHold, watch, drainStep, giveBack, setUp, quarantine];

/**
 * Decides what a pool does next. Pure: the same observation, policy and moment give the same answer.
 * `observed.memory` is what {@link learn} made of it. A place gets at most one action, `adopt` aside.
 */
export function decide(observed: Observed, policy: PoolPolicy, now: Instant): Decision {
  const view = viewOf(observed, policy, now);
  const actions: Action[] = [];
  const settled = new Set<string>();
  for (const place of view.places) {
    const action = firstAnswer(place, view);
    if (!action) continue;
    actions.push(action);
    settled.add(place.host.hostId);
  }
  for (const action of shrink(view, settled)) {
    actions.push(action);
    settled.add(action.hostId);
  }
  const { drains, nextAt } = recycle(view, settled);
  actions.push(...drains, ...launches(view, settled));
  actions.push(...allocations(view, orderRoom(view, actions)));
  return { actions, lookAgainAt: nextLook(view, actions, nextAt) };
}

function firstAnswer(place: Place, view: View): Action | undefined {
  for (const rule of placeRules) {
    const action = rule(place, view);
    if (action) return action;
  }
  return undefined;
}
