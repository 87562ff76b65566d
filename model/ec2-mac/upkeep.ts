import { isOccupied, type OccupiedPlace } from "./actions.ts";
import { endsAtTag } from "./policy.ts";
import type { Instant } from "./types.ts";
import type { View } from "./view.ts";
import { at, span } from "./words.ts";

/** What is there for instances outside EC2. A part that nobody could look at is missing. */
export interface Standing {
  credentials?: CredentialStanding;
  /** Instances whose end is scheduled. */
  scheduled?: ReadonlySet<string>;
}

/** Credentials with which runners register. */
export interface CredentialStanding {
  /** True where a credential is good for one job, so that a spare one should always wait. */
  perJob: boolean;
  /** When each credential was made that still waits for its Mac, by instance. */
  waiting: ReadonlyMap<string, Instant>;
  /** Instances for which the CI system still knows an unused credential. */
  issued: ReadonlySet<string>;
}

/** Something that is put in order beside the pool's machines; each can be done again. */
export type Chore = { instanceId: string; reason: string } & (
  | { kind: "mint"; hostName: string }
  | { kind: "revoke" }
  | { kind: "schedule-end"; at: Instant }
  | { kind: "unschedule" }
);

/** The scheduled end comes this long after the hard limit, at which the controller itself ends an instance. */
export const endMarginSeconds = 2 * 3600;

/** A spare credential is renewed after this; GitHub forgets a runner that did not connect for a day. */
const spareSeconds = 12 * 3600;

/**
 * Credentials that wait, are used up or left behind, and ends that should be scheduled. Looks at what is there, not at
 * what was done, so whatever a crash left is put right at the next look.
 */
export function chores(view: View, standing: Standing): Chore[] {
  const { credentials, scheduled } = standing;
  const occupied = view.places.filter(isOccupied).filter(isUp);
  const alive = new Set(view.instances.filter((each) => isUp({ occupied: { instance: each } })).map(idOf));
  return [
    ...(scheduled ? occupied.flatMap((place) => endOf(place, scheduled)) : []),
    ...(scheduled ? leftovers("unschedule", scheduled, alive) : []),
    ...(credentials ? occupied.flatMap((place) => credentialOf(place, credentials, view.now)) : []),
    ...(credentials ? leftovers("revoke", [...credentials.waiting.keys(), ...credentials.issued], alive) : []),
  ];
}

/** Also moves it once the instance has a new life or the policy another limit. */
function endOf({ stage, occupied: { instance, life } }: OccupiedPlace, scheduled: ReadonlySet<string>): Chore[] {
  const { instanceId, tags } = instance;
  const endsAt = life.hardEndsAt + endMarginSeconds;
  if (stage === "out" || (scheduled.has(instanceId) && tags[endsAtTag] === String(endsAt))) return [];
  return [{ kind: "schedule-end", instanceId, at: endsAt, reason: `its life is over at ${at(life.hardEndsAt)}` }];
}

function credentialOf(place: OccupiedPlace, { perJob, ...standing }: CredentialStanding, now: Instant): Chore[] {
  const { host, stage, occupied } = place;
  const { instanceId, runner } = occupied.instance;
  const waitingSince = standing.waiting.get(instanceId);
  const isIssued = standing.issued.has(instanceId);
  const mint = (reason: string): Chore[] => [{ kind: "mint", instanceId, hostName: host.name, reason }];
  const revoke = (reason: string): Chore[] => [{ kind: "revoke", instanceId, reason }];
  const isThere = waitingSince !== undefined || isIssued;
  if (perJob) {
    if (stage === "draining") return isThere ? revoke("it takes no further job") : [];
    if (stage !== "setting-up" && stage !== "ready" && stage !== "gone") return [];
    if (waitingSince === undefined) return mint("no spare credential waits");
    return now - waitingSince >= spareSeconds ? mint(`its spare credential is ${span(now - waitingSince)} old`) : [];
  }
  if (runner.state === "registered") return isThere ? revoke("its agent has registered") : [];
  return stage === "gone" && !isThere ? mint("its agent is gone and may come back") : [];
}

function leftovers(kind: "revoke" | "unschedule", ids: Iterable<string>, alive: ReadonlySet<string>): Chore[] {
  const dead = [...new Set(ids)].filter((id) => !alive.has(id));
  return dead.map((instanceId) => ({ kind, instanceId, reason: "its instance is gone" }));
}

function isUp({ occupied }: { occupied: { instance: { state: string } } }): boolean {
  return occupied.instance.state !== "terminated" && occupied.instance.state !== "shutting-down";
}

function idOf({ instanceId }: { instanceId: string }): string {
  return instanceId;
}
