import type { OccupiedPlace } from "./actions.ts";
import type { RecycleWay } from "./types.ts";
import type { View } from "./view.ts";
import { at } from "./words.ts";

/**
 * How a life is renewed, and why so. A new root volume takes minutes and leaves the Mac's own disk as it is; ending the
 * instance takes hours and brings a scrub and new firmware, which comes round for each host before its limit.
 */
export function wayOf({ occupied }: OccupiedPlace, { policy, now, pause }: View): { way: RecycleWay; why: string } {
  if (policy.recycleBy === "terminate") return { way: "terminate", why: "the policy renews by a full scrub" };
  const { scrubDueAt } = occupied.life;
  const longestLife = policy.softLifeSeconds + policy.softLifeSpreadSeconds + policy.graceSeconds;
  if (now + longestLife > scrubDueAt)
    return { way: "terminate", why: `the full scrub due at ${at(scrubDueAt)} comes before another life ends` };
  if (pause) return { way: "terminate", why: "lives of the image fail, and a scrub leaves time to mend it" };
  return { way: "replace-root-volume", why: "a new root volume takes minutes" };
}
