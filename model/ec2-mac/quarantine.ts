import { poolReadyTag } from "../plan/ec2-mac.ts";
import { quarantinedUntil } from "./ready-tag.ts";
import type { Instant, PoolMemory, Quarantine, SeenHost, Tags } from "./types.ts";

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
