import type { DrainAction, Instant, RecycleWay, TerminateAction, WaitAction } from "./types.ts";
import type { Occupied, Place } from "./view.ts";

/** A place with an instance on it. */
export type OccupiedPlace = Place & { occupied: Occupied };

/** True when the place has an instance of the pool. */
export function isOccupied(place: Place): place is OccupiedPlace {
  return place.occupied !== undefined;
}

/** True when a runner takes jobs there. */
export function isReady(place: Place): place is OccupiedPlace {
  return place.stage === "ready" && isOccupied(place);
}

/** Ends the place's instance. */
export function terminate({ host, occupied }: OccupiedPlace, reason: string): TerminateAction {
  return {
    kind: "terminate",
    hostName: host.name,
    hostId: host.hostId,
    instanceId: occupied.instance.instanceId,
    reason,
  };
}

/** Drains the place's runner. */
export function drain(
  { host, occupied }: OccupiedPlace,
  way: RecycleWay,
  voluntary: boolean,
  reason: string,
): DrainAction {
  const { instanceId } = occupied.instance;
  return { kind: "drain", hostName: host.name, hostId: host.hostId, instanceId, way, voluntary, reason };
}

/** Leaves the place alone until then. */
export function wait({ host }: Place, until: Instant, reason: string): WaitAction {
  return { kind: "wait", hostName: host.name, hostId: host.hostId, until, reason };
}
