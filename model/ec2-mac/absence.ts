import { isReady } from "./actions.ts";
import { expectedSoftLifeSeconds } from "./drain.ts";
import { holdEnd } from "./hold.ts";
import {
  dueAt,
  type LifeEnds,
  lanesOf,
  latestStarts,
  outageSeconds,
  plannedScrubSeconds,
  usual,
} from "./plan-recycling.ts";
import { quarantinedUntil } from "./ready-tag.ts";
import type { Instant, RecycleWay } from "./types.ts";
import type { Place, Stage, View } from "./view.ts";
import { wayOf } from "./way.ts";

/** A time in which a place is expected to have no ready runner. */
export interface Absence {
  place: Place;
  from: Instant;
  /** When its host is free for a launch; missing where it needs none. */
  freeAt?: Instant;
  /** When a runner is expected there again, if no other launch has to be waited for; infinite when nobody can know. */
  until: Instant;
  why: string;
}

const never = Number.POSITIVE_INFINITY;
/** From a launch until the runner takes jobs. */
const startSeconds = usual.boot + usual.setUp;

/** Why nobody can know when there will be a runner. */
const openEnded: Partial<Record<Stage, string>> = {
  out: "somebody has taken it out of service",
  occupied: "something that is not this pool's is on it",
  mismatched: "the names of host and instance differ",
  failed: "its hardware has failed",
  assessing: "AWS assesses its hardware",
  unready: "AWS lets nothing run on it",
};

/** The present absence of a place's runner, or the one that its renewal brings. `starts` are the planned renewals. */
export function absenceOf(place: Place, view: View, starts: ReadonlyMap<string, Instant>): Absence {
  if (!isReady(place)) return presentAbsence(place, view);
  const { instance, life } = place.occupied;
  const startAt = starts.get(instance.instanceId);
  const from = Math.max(view.now, startAt ?? life.softEndsAt);
  // Without a plan its own supervisor ends it, and with it the instance.
  return renewal(place, view, from, startAt === undefined ? "terminate" : wayOf(place, view, from));
}

function presentAbsence(place: Place, view: View): Absence {
  const { now } = view;
  const back = (until: Instant, why: string): Absence => ({ place, from: now, until, why });
  const heldUntil = holdEnd(place);
  if (heldUntil !== undefined) return afterHold(place, view, Math.max(now, heldUntil));
  const why = openEnded[place.stage];
  if (why) return back(never, why);
  const bornAt = place.occupied?.life.startedAt ?? now;
  switch (place.stage) {
    case "unseen":
      return back(now + usual.setUp, "nobody could look at its runner");
    case "booting":
      return back(Math.max(bornAt + usual.boot, now) + usual.setUp, "it starts");
    case "booted":
    case "setting-up":
      return back(now + usual.setUp, "it is set up");
    case "replacing":
      return back(now + usual.replacement + startSeconds, "it gets a new root volume");
    case "free":
      return launched(place, view, Math.max(now, quarantinedUntil(place.host.tags) ?? now), "it waits for its launch");
    case "scrubbing":
      return launched(place, view, scrubbedAt(place, view), "its host is scrubbed");
    case "draining":
      return drained(place, view);
    default:
      return renewal(place, view, now, "terminate");
  }
}

/** Its Mac asks for a new credential then, unless it is over meanwhile. */
function afterHold(place: Place, view: View, until: Instant): Absence {
  const why = "it is held by hand";
  if (!place.occupied) return launched(place, view, until, why);
  return { place, from: view.now, until: until + usual.setUp, why };
}

/** One whose scrub takes longer than planned for may be there at any moment. */
function scrubbedAt(place: Place, view: View): Instant {
  const { now, memory } = view;
  const since = memory.hostStates[place.host.hostId]?.since ?? now;
  return Math.max(now, since + plannedScrubSeconds(place, view));
}

/** A job that still runs is given the time that renewals leave for one. */
function drained(place: Place, view: View): Absence {
  const { now, policy } = view;
  const { drain, instance } = place.occupied ?? {};
  const isBusy = instance?.runner.state === "registered" && instance.runner.busy;
  const graceEndsAt = (drain?.toldAt ?? now) + policy.graceSeconds;
  const jobEndsAt = isBusy ? Math.max(now, Math.min(graceEndsAt, now + policy.graceSeconds / 2)) : now;
  return { ...renewal(place, view, jobEndsAt, drain?.way ?? "terminate"), from: now };
}

function renewal(place: Place, view: View, from: Instant, way: RecycleWay): Absence {
  if (way === "terminate") {
    const freeAt = from + usual.stopping + plannedScrubSeconds(place, view);
    return { ...launched(place, view, freeAt, "it is renewed by a full scrub"), from };
  }
  return { place, from, until: from + outageSeconds(place, way, view), why: "it is renewed by a new root volume" };
}

function launched(place: Place, { now }: View, freeAt: Instant, why: string): Absence {
  return { place, from: now, freeAt, until: freeAt + startSeconds, why };
}

/** What ends the lives that begin after these absences, as far as they end before `until`. */
export function nextAbsences(absences: readonly Absence[], view: View, until: Instant): Absence[] {
  const { policy } = view;
  const coming = absences
    .filter((absence) => absence.until < until)
    .map((absence) => ({ absence, life: lifeAfter(absence, view) }))
    .sort((a, b) => b.life.softEndsAt - a.life.softEndsAt)
    .map(({ absence: { place, until }, life }) => {
      const due = dueAt({ occupied: { life } }, policy);
      const way = wayOf({ occupied: { life } }, view, due);
      return {
        place,
        earliest: until + policy.softLifeSeconds / 2,
        dueAt: due,
        way,
        seconds: outageSeconds(place, way, view),
      };
    });
  const starts = latestStarts(coming, Math.max(1, lanesOf(view)));
  return coming.map(({ place, way, earliest }, index) =>
    renewal(place, view, Math.max(earliest, starts[index] as Instant), way),
  );
}

/** A Mac that is started has its life already. */
function lifeAfter({ place: { stage, occupied }, freeAt, until }: Absence, view: View): LifeEnds {
  if (occupied && (stage === "booting" || stage === "booted" || stage === "setting-up" || stage === "unseen"))
    return occupied.life;
  const softEndsAt = until - startSeconds + expectedSoftLifeSeconds(view, until);
  const scrubbedAt = freeAt ?? until;
  const scrubDueAt =
    freeAt === undefined && occupied ? occupied.life.scrubDueAt : scrubbedAt + view.policy.fullScrubEverySeconds;
  return { softEndsAt, scrubDueAt };
}
