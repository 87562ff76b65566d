import type { OccupiedPlace } from "./actions.ts";
import type { Life } from "./life.ts";
import type { PoolPolicy } from "./policy.ts";
import type { Instant, RecycleWay } from "./types.ts";
import type { View } from "./view.ts";
import { at } from "./words.ts";

type WithLife = { occupied: { life: Pick<Life, "scrubDueAt"> } };

/**
 * How a life is renewed. A new root volume takes minutes and leaves the Mac's own disk as it is; ending the instance takes
 * hours and brings a scrub and new firmware, which comes round for each host before its limit.
 * @param now when it is renewed, if not now
 */
export function wayOf(place: WithLife, view: View, now = view.now): RecycleWay {
  const isPaused = view.pause !== undefined && now < view.pause.until;
  const isScrubbed = view.policy.recycleBy === "terminate" || isScrubDue(place, view.policy, now) || isPaused;
  return isScrubbed ? "terminate" : "replace-root-volume";
}

/** Why a life is renewed in the way that {@link wayOf} says. */
export function whyThisWay(place: OccupiedPlace, view: View): string {
  if (view.policy.recycleBy === "terminate") return "the policy renews by a full scrub";
  if (isScrubDue(place, view.policy, view.now))
    return `the full scrub due at ${at(place.occupied.life.scrubDueAt)} comes before another life ends`;
  if (view.pause) return "lives of the image fail, and a scrub leaves time to mend it";
  return "a new root volume takes minutes";
}

function isScrubDue({ occupied }: WithLife, policy: PoolPolicy, now: Instant): boolean {
  const longestLife = policy.softLifeSeconds + policy.softLifeSpreadSeconds + policy.graceSeconds;
  return now + longestLife > occupied.life.scrubDueAt;
}
