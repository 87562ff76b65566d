/** What to do with a host that leaves its pool while nobody may be there to see it off. */
import { carries } from "./lease-mark.ts";
import { policyDefaults } from "./policy.ts";
import { releasableAt } from "./release.ts";
import type { Instant, Tags } from "./types.ts";
import { at, span } from "./words.ts";

/** A host that is still occupied after this needs a person. */
const persistSeconds = 4 * 24 * 3600;
/** EC2 does what it has accepted; a few tries are for what gets lost. */
const endSeconds = 6 * 3600;

/** A host that leaves, as far as its release goes by it. */
export interface LeavingHost {
  hostId: string;
  /** As EC2 names it. */
  state: string;
  tags: Tags;
  allocatedAt: Instant;
}

/** What is on a host. */
export interface Occupant {
  instanceId: string;
  /** As EC2 names it. */
  state: string;
  tags: Tags;
}

/** How a host is given back. */
export interface GiveBackPolicy {
  /** What the host and an instance of ours carry. */
  mark: Tags;
  /** How long a running instance of ours may still work on its jobs; 0 where nobody watches it any more. */
  drainSeconds: number;
}

/** What to do with a host that leaves, and why. */
export type GiveBack =
  | { kind: "nothing"; reason: string }
  | { kind: "release"; reason: string }
  | ({ kind: "wait" } & LeaseWait);

/** A release that something must bring about later. */
export interface LeaseWait {
  /** From here on the release is tried again and again. */
  releaseFrom: Instant;
  /** Here the trying ends. */
  until: Instant;
  /** Our own instance on it, when it is ended, and how long that is tried. */
  end: { instanceId: string; from: Instant; until: Instant } | undefined;
  reason: string;
}

/**
 * Decides how a host is given back: at once, or by something that outlasts the program. A host without the mark is
 * somebody else's, and so is an instance without it: neither is touched.
 */
export function decideGiveBack(
  host: LeavingHost,
  occupants: readonly Occupant[],
  policy: GiveBackPolicy,
  now: Instant,
): GiveBack {
  if (host.state.startsWith("released")) return { kind: "nothing", reason: "it is released" };
  if (!carries(host.tags, policy.mark)) return { kind: "nothing", reason: "it does not carry the mark of this pool" };
  const isEmpty = occupants.every((occupant) => !isInTheWay(occupant, policy.mark));
  if (isEmpty && now >= releasableAt(host, policyDefaults))
    return { kind: "release", reason: `empty and paid for since ${at(host.allocatedAt)}` };
  return { kind: "wait", ...waitForRelease(host, occupants, policy, now) };
}

/** What must happen later to a host that AWS does not take back now. */
export function waitForRelease(
  host: LeavingHost,
  occupants: readonly Occupant[],
  { mark, drainSeconds }: GiveBackPolicy,
  now: Instant,
): LeaseWait {
  const releaseFrom = Math.max(now, releasableAt(host, policyDefaults));
  const until = releaseFrom + persistSeconds;
  const ours = occupants.find(
    ({ tags, state }) => carries(tags, mark) && state !== "shutting-down" && state !== "terminated",
  );
  const from = ours?.state === "running" ? now + drainSeconds : now;
  const end = ours && { instanceId: ours.instanceId, from, until: from + endSeconds };
  return { releaseFrom, until, end, reason: whyNotReleased(host, occupants, mark, now) };
}

/** Why a host is still there, in words. */
export function whyNotReleased(host: LeavingHost, occupants: readonly Occupant[], mark: Tags, now: Instant): string {
  const first = releasableAt(host, policyDefaults);
  const early = now < first ? [`AWS takes it back at ${at(first)} at the earliest, in ${span(first - now)}`] : [];
  const on = occupants.filter((occupant) => isInTheWay(occupant, mark));
  const occupied = on.map(({ instanceId, tags, state }) => {
    if (!carries(tags, mark)) return `${instanceId}, which is not this pool's, is on it and is left alone`;
    return state === "shutting-down"
      ? `its instance ${instanceId} is ending`
      : `its instance ${instanceId} is ${state}`;
  });
  const whole = [...early, ...occupied].join("; ");
  return whole || `AWS is asked again and again; it says the host is ${host.state}`;
}

/**
 * An instance keeps its host occupied until it is stopped or terminated. A stopped one of ours is ended first as well:
 * without its host it could never start again, and its disk would be paid for.
 */
function isInTheWay({ state, tags }: Occupant, mark: Tags): boolean {
  return state !== "terminated" && (state !== "stopped" || carries(tags, mark));
}
