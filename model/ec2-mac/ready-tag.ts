import { poolReadyTag } from "../plan/ec2-mac.ts";
import type { Instant, Tags } from "./types.ts";
import { iso } from "./words.ts";

const quarantined = "quarantined until ";
const held = "held until ";

/** The tag by which this pool keeps launches off a host for a time. A person may end it at any time by setting `true`. */
export function quarantineTag(until: Instant): Tags {
  return { [poolReadyTag]: `${quarantined}${iso(until)}` };
}

/** Until when this pool's own quarantine lasts; undefined when the tag says anything else. */
export function quarantinedUntil(tags: Tags): Instant | undefined {
  return momentAfter(quarantined, tags);
}

/** The tag by which a person takes a host or an instance out of every loop for a time, on a Mac to look at, say. */
export function holdTag(until: Instant): Tags {
  return { [poolReadyTag]: `${held}${iso(until)}` };
}

/** Until when a person holds the host or instance; undefined when the tag says anything else. */
export function heldUntil(tags: Tags): Instant | undefined {
  return momentAfter(held, tags);
}

/** True unless the host's tag says exactly `true`, or this pool wrote a quarantine into it, which concerns launches only. */
export function isHostOut(tags: Tags): boolean {
  return isInstanceOut(tags) && quarantinedUntil(tags) === undefined;
}

/** True unless the instance's tag says exactly `true`. */
export function isInstanceOut(tags: Tags): boolean {
  return tags[poolReadyTag] !== "true";
}

function momentAfter(prefix: string, tags: Tags): Instant | undefined {
  const text = tags[poolReadyTag];
  if (!text?.startsWith(prefix)) return undefined;
  const moment = Date.parse(text.slice(prefix.length)) / 1000;
  return Number.isFinite(moment) ? moment : undefined;
}
