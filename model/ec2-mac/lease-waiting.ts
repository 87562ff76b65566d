import { fleetMarkTag, poolTag } from "../names.ts";
import { type LeavingHost, type Occupant, whyNotReleased } from "./lease-give-back.ts";
import { leavingSince } from "./lease-mark.ts";
import { policyDefaults } from "./policy.ts";
import { releasableAt } from "./release.ts";
import type { Instant } from "./types.ts";
import { at } from "./words.ts";

/** A host that is to be given back and still has to wait. */
export interface WaitingLease {
  hostId: string;
  /** The tag `Name`. */
  name: string;
  fleetId: string;
  pool: string;
  zone: string;
  instanceType: string;
  /** Since when it is to be given back. */
  since: Instant;
  /** The first moment at which AWS takes it back. */
  releasableAt: Instant;
  /** When the trying ends; undefined when nothing tries. */
  until: Instant | undefined;
  /** For how long it could have been given back, which is not before somebody wanted that; 0 until then. */
  overdueSeconds: number;
  /** Why it is still there, in words. */
  reason: string;
}

/** A leaving host as it was seen. */
export interface SeenLease extends LeavingHost {
  name: string;
  zone: string;
  instanceType: string;
  occupants: readonly Occupant[];
  /** When the schedule of its release ends; undefined when there is none. */
  until: Instant | undefined;
}

/** The host as something that waits; undefined when it is released or not to be given back. */
export function waitingLease(seen: SeenLease, now: Instant): WaitingLease | undefined {
  const since = leavingSince(seen.tags);
  if (since === undefined || seen.state.startsWith("released")) return undefined;
  const { [fleetMarkTag]: fleetId = "", [poolTag]: pool = "" } = seen.tags;
  const { hostId, name, zone, instanceType, until } = seen;
  const why = whyNotReleased(seen, seen.occupants, { [fleetMarkTag]: fleetId, [poolTag]: pool }, now);
  const reason =
    until === undefined ? `${why}. Nothing tries to release it since ${at(since)}: release it by hand` : why;
  const first = releasableAt(seen, policyDefaults);
  const overdueSeconds = Math.max(0, now - Math.max(first, since));
  const about = { hostId, name, fleetId, pool, zone, instanceType };
  return { ...about, since, releasableAt: first, until, overdueSeconds, reason };
}
