import { policyDefaults } from "../../../model/ec2-mac/policy.ts";
import { week } from "./hours.ts";
import type { Durations } from "./types.ts";

/** The largest share of its time for which a host can have a ready runner, when nothing waits for anything. */
export interface Ceilings {
  /** With a full scrub each week, and a life of the soft length or the longest one. */
  softLives: number;
  longestLives: number;
  /** The longest lives, and another host in its place while it scrubs. */
  bridged: number;
}

/** What the durations alone allow a pool that renews each life and scrubs each host once a week. */
export function ceilings({ stopping, scrub, longScrub, replacement, boot, setUp }: Durations): Ceilings {
  const start = mean(boot) + mean(setUp);
  const renewal = mean(replacement) + start;
  const away = mean(stopping) + mean(scrub) + longScrub.share * longScrub.extraSeconds + start;
  const { softLifeSeconds, softLifeSpreadSeconds } = policyDefaults;
  const renewals = (lifeSeconds: number) => (week / lifeSeconds - 1) * renewal;
  const longest = renewals(softLifeSeconds + softLifeSpreadSeconds);
  return {
    softLives: 1 - (renewals(softLifeSeconds) + away) / week,
    longestLives: 1 - (longest + away) / week,
    bridged: 1 - (longest + start + mean(stopping)) / week,
  };
}

function mean([from, to]: readonly [number, number]): number {
  return (from + to) / 2;
}
