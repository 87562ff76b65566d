import { poolReadyTag } from "../plan/ec2-mac.ts";
import type { Instant, Tags } from "./types.ts";
import { iso } from "./words.ts";

const prefix = "quarantined until ";

/** The tag by which this pool keeps launches off a host for a time. A person may end it at any time by setting `true`. */
export function quarantineTag(until: Instant): Tags {
  return { [poolReadyTag]: `${prefix}${iso(until)}` };
}

/** Until when this pool's own quarantine lasts; undefined when the tag says anything else. */
export function quarantinedUntil(tags: Tags): Instant | undefined {
  const text = tags[poolReadyTag];
  if (!text?.startsWith(prefix)) return undefined;
  const until = Date.parse(text.slice(prefix.length)) / 1000;
  return Number.isFinite(until) ? until : undefined;
}
