import { isOccupied } from "./actions.ts";
import { placesNamed } from "./named-host.ts";
import { setUp } from "./set-up.ts";
import type { SetUpAction } from "./types.ts";
import type { Place, View } from "./view.ts";

/**
 * What a person may have set up now: Macs that have booted and have no runner; forced, also those whose set-up has begun,
 * for which the Mac gets a new credential.
 * @throws Error when a host is named and is not there, or cannot be set up
 */
export function setUpsByHand(view: View, named: string | undefined, forced: boolean): SetUpAction[] {
  const chosen = named ? placesNamed(view, named) : view.places;
  const actions = chosen.flatMap((place) => setUpByHand(place, forced) ?? []);
  if (named && actions.length === 0)
    throw new Error(`${named} cannot be set up: it is ${chosen[0]?.stage}.${hint(chosen[0])}`);
  return actions;
}

function setUpByHand(place: Place, forced: boolean): SetUpAction | undefined {
  const due = setUp(place);
  if (due?.kind === "set-up") return due;
  if (!forced || place.stage !== "setting-up" || !isOccupied(place) || place.role !== "declared") return undefined;
  const { host, occupied } = place;
  const { instanceId } = occupied.instance;
  return {
    kind: "set-up",
    hostName: host.name,
    hostId: host.hostId,
    instanceId,
    reason: "begun before; asked by hand",
  };
}

function hint(place: Place | undefined): string {
  return place?.stage === "setting-up" ? "\n  Add --force to hand it a new credential." : "";
}
