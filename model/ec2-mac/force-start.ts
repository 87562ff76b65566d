import { type PoolPolicy, softLifeTag } from "./policy.ts";
import type { Tags } from "./types.ts";

/** The shortest soft life that a forced start gives, as a share of the whole one: 4 of 24 hours. */
const shortestShare = 4 / 24;

/**
 * The soft life of the instance `index` of `count` that are launched at once. Each is shorter than the one before, so that
 * the pool never recycles at once: by the stagger, or by less when there are too many. Only ever shorter, because a longer
 * one would meet the hard limit.
 */
export function forcedSoftLifeTags(policy: PoolPolicy, index: number, count: number): Tags {
  const room = policy.softLifeSeconds * (1 - shortestShare);
  const step = Math.min(policy.staggerSeconds, room / Math.max(1, count));
  return { [softLifeTag]: String(Math.round(policy.softLifeSeconds - (index + 1) * step)) };
}
