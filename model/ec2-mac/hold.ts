import { poolReadyTag } from "../plan/ec2-mac.ts";
import { wait } from "./actions.ts";
import { heldUntil, isHostOut, isInstanceOut } from "./ready-tag.ts";
import type { Action, Instant } from "./types.ts";
import type { Place, View } from "./view.ts";
import { at } from "./words.ts";

/** Puts a host that a person holds for a time, and its instance, back in service once that time is over. */
export function endHold(place: Place, { now }: View): Action | undefined {
  const until = holdEnd(place);
  if (until === undefined) return undefined;
  if (now < until) return wait(place, until, `held by hand until ${at(until)}`);
  const { host, occupied } = place;
  return {
    kind: "restore",
    hostName: host.name,
    hostId: host.hostId,
    ...(occupied && { instanceId: occupied.instance.instanceId }),
    tags: { [poolReadyTag]: "true" },
    reason: "the time for which it was held by hand is over",
  };
}

/** When whatever is out of service at a place comes back by itself; undefined where something is out without an end. */
export function holdEnd({ stage, host, occupied }: Place): Instant | undefined {
  if (stage !== "out") return undefined;
  const tags = [
    ...(isHostOut(host.tags) ? [host.tags] : []),
    ...(occupied && isInstanceOut(occupied.instance.tags) ? [occupied.instance.tags] : []),
  ];
  let end = 0;
  for (const each of tags) {
    const until = heldUntil(each);
    if (until === undefined) return undefined;
    end = Math.max(end, until);
  }
  return end;
}
