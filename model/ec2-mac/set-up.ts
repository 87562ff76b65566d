import { isOccupied } from "./actions.ts";
import type { Action } from "./types.ts";
import type { Place } from "./view.ts";

/** Sets up what has booted. Asking again is harmless: the set-up on the Mac is idempotent. */
export function setUp(place: Place): Action | undefined {
  if (place.stage !== "booted" || !isOccupied(place) || place.role !== "declared") return undefined;
  const { host, occupied } = place;
  const { instanceId } = occupied.instance;
  const reason = occupied.life.bornBy === "launch" ? "booted after its launch" : "booted from its new root volume";
  return { kind: "set-up", hostName: host.name, hostId: host.hostId, instanceId, reason };
}
