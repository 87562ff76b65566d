import { drain, isOccupied, type OccupiedPlace, terminate, wait } from "./actions.ts";
import { isLeaving } from "./lease-mark.ts";
import type { PoolPolicy } from "./policy.ts";
import type { Action, Instant, SeenHost } from "./types.ts";
import type { Place, View } from "./view.ts";
import { at } from "./words.ts";

/** When AWS takes the host back at the earliest, by this computer's clock. */
export function releasableAt(
  { allocatedAt }: Pick<SeenHost, "allocatedAt">,
  { leaseSeconds, clockMarginSeconds }: Pick<PoolPolicy, "leaseSeconds" | "clockMarginSeconds">,
): Instant {
  return allocatedAt + leaseSeconds + clockMarginSeconds;
}

/**
 * Gives back what the pool should not have: its runner is drained, its instance ended, and it is released at the first
 * moment that AWS allows, be it during the scrub. The mark on the host is all that this needs, so it outlasts everything.
 */
export function giveBack(place: Place, view: View): Action | undefined {
  const { host, role, stage } = place;
  if (role === "declared") return undefined;
  const why = whyNotKept(place);
  switch (stage) {
    case "out":
      return wait(place, hold(view), `${why}, but its tag takes it out of every loop`);
    case "occupied":
      return wait(place, hold(view), `${why}, but something that is not this pool's is on it`);
    case "assessing":
      return wait(place, hold(view), `${why}; AWS is assessing it`);
    case "ending":
      return wait(place, hold(view), `${why}; its instance is ending`);
    case "unseen":
    case "mismatched":
      // Jobs may run there. Until the CI system answers, only the limits of age end it.
      return isOccupied(place) ? drain(place, "terminate", false, why) : undefined;
    case "ready":
      // A surplus host's runner serves, so the recycling rules choose its moment.
      return isOccupied(place) && role !== "surplus" ? drain(place, "terminate", false, why) : undefined;
    case "draining":
      return undefined;
    case "setting-up":
      if (isOccupied(place) && mayServe(place, view)) return drain(place, "terminate", false, why);
      return isOccupied(place) ? terminate(place, why) : undefined;
    default:
      return isOccupied(place) ? terminate(place, why) : releaseWhenPaid(place, view, `${why}, and ${host.state}`);
  }
}

/** A runner between two jobs looks like one that is still set up, to whoever has not watched it from the beginning. */
function mayServe({ occupied: { instance } }: OccupiedPlace, { memory }: View): boolean {
  const { setUp, instanceId } = instance;
  if (setUp.state !== "running") return false;
  return setUp.startedAt === undefined || setUp.startedAt !== (memory.setUpSeenAt[instanceId] ?? setUp.startedAt);
}

function releaseWhenPaid(place: Place, { now, policy }: View, why: string): Action {
  const { host } = place;
  const until = releasableAt(host, policy);
  if (now < until) return wait(place, until, `${why}; AWS takes it back at ${at(until)}`);
  return { kind: "release", hostName: host.name, hostId: host.hostId, reason: why };
}

function whyNotKept({ role, host }: Place): string {
  if (isLeaving(host)) return "it is being given back";
  if (role === "removed") return "no longer declared";
  if (role === "surplus") return "another host has its name";
  return `its hardware is in ${host.state}`;
}

function hold({ now, policy }: View): Instant {
  return now + policy.launchLoopSeconds;
}
