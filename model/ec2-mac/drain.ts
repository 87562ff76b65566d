import { drain, isOccupied, type OccupiedPlace, terminate, wait } from "./actions.ts";
import { chanceOf } from "./chance.ts";
import { forecastAt } from "./forecast.ts";
import { livesOf } from "./lives.ts";
import { setUpScriptTags, softLifeTag } from "./policy.ts";
import type { Action, Instant, LifeRecord, RecycleWay, ReplaceRootVolumeAction, Tags } from "./types.ts";
import type { Place, View } from "./view.ts";
import { wayOf } from "./way.ts";
import { at, span } from "./words.ts";

/** Takes a drained runner to its end: as soon as no job runs, or when its grace is over. */
export function drainStep(place: Place, view: View): Action | undefined {
  if (place.stage !== "draining" || !isOccupied(place)) return undefined;
  const { now, policy } = view;
  const { drain: remembered, instance } = place.occupied;
  const { runner } = instance;
  if (!remembered) return drain(place, wayNow(place, view), false, "it takes no jobs, and nobody remembers why");
  const graceEndsAt = remembered.toldAt === undefined ? undefined : remembered.toldAt + policy.graceSeconds;
  if (graceEndsAt !== undefined && now >= graceEndsAt)
    return finish(place, view, `${remembered.why}; drained ${span(now - remembered.since)} ago, whatever still runs`);
  if (graceEndsAt === undefined || !remembered.answered)
    return drain(place, remembered.way, false, "told to drain before, and it has not been confirmed");
  if (runner.state === "registered" && runner.accepting)
    return drain(place, remembered.way, false, "told to drain before, and still takes jobs");
  if (runner.state === "unknown") return wait(place, graceEndsAt, `drained; could not look at its jobs: ${runner.why}`);
  if (runner.state === "registered" && runner.busy)
    return wait(place, graceEndsAt, `drained; its job may run until ${at(graceEndsAt)}`);
  return finish(place, view, `${remembered.why}; drained, and no job runs`);
}

/** What EC2 has refused twice, it refuses: then a full scrub renews the Mac. */
const mostRefusals = 2;

function finish(place: OccupiedPlace, view: View, why: string): Action {
  if (place.occupied.drain?.way === "terminate" || wayNow(place, view) === "terminate") return terminate(place, why);
  const { instanceId } = place.occupied.instance;
  const { startedAt } = place.occupied.life;
  const ordered = livesOf(instanceId, view.memory.lives).filter(({ kind }) => kind === "replacement");
  const refused = ordered.filter(({ result, askedAt }) => result === "refused" && askedAt >= startedAt).length;
  if (refused >= mostRefusals) return terminate(place, `${why}; a new root volume has been refused ${refused} times`);
  const known = ordered.at(-1);
  const shownBy = (known?.resultAt ?? 0) + view.policy.settleSeconds;
  if (known?.result === "running" && view.now < shownBy)
    return wait(place, shownBy, "its replacement has been ordered and is not shown yet");
  return replace(place, view, why, known?.result === "asked" ? known : undefined);
}

/** Orders a replacement, or the same one again when its answer got lost. */
function replace(
  { host, occupied }: OccupiedPlace,
  view: View,
  reason: string,
  unanswered: LifeRecord | undefined,
): ReplaceRootVolumeAction {
  const { policy, now } = view;
  const { instanceId } = occupied.instance;
  return {
    kind: "replace-root-volume",
    hostName: host.name,
    hostId: host.hostId,
    instanceId,
    imageId: unanswered?.imageId ?? policy.imageId,
    clientToken: unanswered?.clientToken ?? `life-${instanceId}-${now}`,
    tags: unanswered?.tags ?? {
      ...softLifeTags(view, instanceId, unanswered?.askedAt ?? now),
      ...setUpScriptTags(policy),
    },
    reason,
  };
}

/** Hosts that are to be given back get no further life. */
function wayNow(place: OccupiedPlace, view: View): RecycleWay {
  return place.role === "declared" ? wayOf(place, view) : "terminate";
}

/**
 * The soft life of a new life: the policy's, and up to the spread more or less. By chance while the pool's hours are not
 * known; later the longest, so that there are most quiet hours to choose from.
 */
export function softLifeTags({ policy, memory }: Pick<View, "policy" | "memory">, about: string, now: Instant): Tags {
  const isKnown = forecastAt(memory.demand, now) !== undefined;
  const chance = isKnown ? 1 : 2 * chanceOf(policy.seed, about, now) - 1;
  const spread = chance * policy.softLifeSpreadSeconds;
  return { [softLifeTag]: String(Math.round(policy.softLifeSeconds + spread)) };
}

/** The soft life that is expected of a life that begins then, in seconds. */
export function expectedSoftLifeSeconds({ policy, memory }: Pick<View, "policy" | "memory">, at: Instant): number {
  const isKnown = forecastAt(memory.demand, at) !== undefined;
  return policy.softLifeSeconds + (isKnown ? policy.softLifeSpreadSeconds : 0);
}
