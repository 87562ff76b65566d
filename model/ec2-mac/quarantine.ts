import { poolReadyTag } from "../plan/ec2-mac.ts";
import type { Instant, PoolMemory, Quarantine, SeenHost, Tags } from "./types.ts";
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

/** The quarantines as they are seen: one that is gone before its time was ended by a person. */
export function quarantinesAfter(
  known: PoolMemory["quarantines"],
  hosts: readonly SeenHost[],
  now: Instant,
): PoolMemory["quarantines"] {
  const next: Record<string, Quarantine> = {};
  for (const { hostId, tags } of hosts) {
    const quarantine = quarantineAfter(known[hostId], tags, now);
    if (quarantine) next[hostId] = quarantine;
  }
  return next;
}

function quarantineAfter(known: Quarantine | undefined, tags: Tags, now: Instant): Quarantine | undefined {
  const until = quarantinedUntil(tags);
  if (until !== undefined) return { ...known, until };
  const isLifted = known !== undefined && now < known.until && tags[poolReadyTag] === "true";
  return isLifted ? { until: now, liftedAt: now } : known;
}
