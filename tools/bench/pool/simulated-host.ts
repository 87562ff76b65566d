import { leaseSeconds } from "./hours.ts";
import type { Host, Moment, Order } from "./types.ts";

/** What only the world knows of a host. */
export interface SimulatedHost extends Host {
  /** How often it has changed its state. */
  turns: number;
  setsItselfUp: boolean;
  /** When its own supervisor begins to end it; 0 for never. */
  softEndsAt: Moment;
}

/** A host that has just been allocated; AWS gives it out empty and scrubbed. What each event touches stands together. */
export function newHost(id: number, now: Moment): SimulatedHost {
  return {
    state: "available",
    since: now,
    turns: 0,
    job: -1,
    drained: false,
    allocatedAt: now,
    setsItselfUp: false,
    replacedFrom: 0,
    lifeFrom: 0,
    softEndsAt: 0,
    jobsDone: 0,
    idleSince: 0,
    launches: 0,
    launchedAt: 0,
    softLifeSeconds: 0,
    replacedAt: 0,
    id,
  };
}

/** True when a waiting job can be given to it. */
export function takesJobs({ state, drained, job }: Host): boolean {
  return state === "ready" && !drained && job < 0;
}

/** True while its instance is on its way to a runner. */
export function isStarting({ state }: Host): boolean {
  return state === "booting" || state === "booted" || state === "setting-up" || state === "replacing";
}

/** True when AWS would do this to the host. */
export function isPossible(kind: Order["kind"], host: Host, now: Moment): boolean {
  const { state } = host;
  switch (kind) {
    case "launch":
    case "park":
      return state === "available";
    case "set-up":
      return state === "booted";
    case "drain":
    case "replace":
      return state === "ready";
    case "terminate":
      return state === "ready" || isStarting(host);
    case "release":
      return (state === "available" || state === "scrubbing") && now >= host.allocatedAt + leaseSeconds;
    default:
      return true;
  }
}
