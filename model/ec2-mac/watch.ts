import { isOccupied, type OccupiedPlace, terminate, wait } from "./actions.ts";
import type { Action } from "./types.ts";
import type { Place, View } from "./view.ts";
import { span } from "./words.ts";

/**
 * Ends what has gone past a limit or is broken. Nothing is ended because somebody could not look; then only the limits
 * of age count, and those come from AWS's record.
 */
export function watch(place: Place, view: View): Action | undefined {
  if (!isOccupied(place) || place.stage === "out" || place.stage === "ending") return undefined;
  return ageLimit(place, view) ?? stageLimit(place, view);
}

function ageLimit(place: OccupiedPlace, { now, policy }: View): Action | undefined {
  const { life } = place.occupied;
  if (now >= life.hardEndsAt)
    return terminate(place, `${span(now - life.startedAt)} old, and ${span(policy.hardLifeSeconds)} is the hard limit`);
  if (now >= life.scrubDueAt)
    return terminate(place, `its host has not been scrubbed for ${span(policy.fullScrubEverySeconds)}`);
  return undefined;
}

function stageLimit(place: OccupiedPlace, view: View): Action | undefined {
  const { now, policy } = view;
  const { instance, life, renewals } = place.occupied;
  const age = now - life.startedAt;
  switch (place.stage) {
    case "booting":
      return age > policy.bootLimitSeconds ? terminate(place, `not booted after ${span(age)}`) : undefined;
    case "booted":
      return age > policy.bootLimitSeconds + policy.setUpLimitSeconds
        ? terminate(place, `its set-up has not begun ${span(age)} after its life did`)
        : undefined;
    case "setting-up":
      return setUpLimit(place, view);
    case "replacing": {
      const lasts = now - (renewals?.newest.startedAt ?? now);
      return lasts > policy.bootLimitSeconds ? terminate(place, `its replacement takes ${span(lasts)}`) : undefined;
    }
    case "broken":
      return terminate(place, brokenBecause(place));
    case "gone":
      return absence(place, view);
    case "mismatched":
      if (place.role !== "declared") return undefined;
      return wait(
        place,
        now + policy.launchLoopSeconds,
        `the instance's name is ${instance.tags.Name || "missing"}, the host's is ${place.host.name}: mend the tag`,
      );
    default:
      return undefined;
  }
}

function setUpLimit(place: OccupiedPlace, { now, policy, memory }: View): Action | undefined {
  const { instanceId } = place.occupied.instance;
  const runs = now - Math.max(memory.setUpSeenAt[instanceId] ?? now, place.occupied.life.startedAt);
  return runs > policy.setUpLimitSeconds
    ? terminate(place, `its set-up has run for ${span(runs)}, and ${span(policy.setUpLimitSeconds)} is the limit`)
    : undefined;
}

function brokenBecause({ occupied: { instance, renewals } }: OccupiedPlace): string {
  if (instance.state === "stopped") return "a stopped instance keeps its host from everything";
  if (instance.setUp.state === "failed") return `its set-up failed: ${instance.setUp.text}`;
  return `its root volume replacement ended as ${renewals?.newest.state}`;
}

/** A runner that is gone gets one more chance; when it may be the CI system's fault, that is doubted first. */
function absence(place: OccupiedPlace, view: View): Action {
  const { now, policy, memory } = view;
  const since = memory.absentSince[place.occupied.instance.instanceId] ?? now;
  const doubt = doubtOf(place, view);
  const until = since + (doubt ? policy.doubtCiSeconds : policy.absenceLimitSeconds);
  if (now >= until) return terminate(place, `its runner has been absent for ${span(now - since)}`);
  const more = doubt ? `; ${doubt}, so the CI system is doubted first` : "";
  return wait(place, until, `its runner is absent${more}`);
}

/**
 * Why the CI system may be at fault; undefined when it is seen to work. A Mac shuts itself down when its runner is gone, so a
 * single one that is well and still there says that its runner is too.
 */
function doubtOf({ occupied }: OccupiedPlace, { runners: { absent, present } }: View): string | undefined {
  if (present > 0) return absent >= 3 && absent > present ? "most are" : undefined;
  if (absent > 1) return "all are";
  return occupied.instance.checks === "ok" ? "it is the only one and its Mac is well" : undefined;
}
