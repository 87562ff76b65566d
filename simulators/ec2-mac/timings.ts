import { createHash } from "node:crypto";

/**
 * How long a Mac takes, in seconds. Each host and instance gets its own draw, the same one for the same seed, so a
 * demonstration or a test can be repeated exactly. Source of the ranges: the mac-instance-stop page and what fleets
 * measured (scrub of Apple silicon at most 4.5 h, Intel at most 50 min, boot 6 to 20 min, stopping about 15 min).
 */
export const RANGES = {
  stopping: [13 * 60, 17 * 60],
  scrubAppleSilicon: [1.5 * 3600, 4.5 * 3600],
  scrubIntel: [30 * 60, 50 * 60],
  starting: [30, 90],
  boot: [6 * 60, 20 * 60],
  rootVolume: [3 * 60, 8 * 60],
} as const satisfies Record<string, readonly [number, number]>;

/** Seconds during which recovery checks an unreachable host before it gives it up. */
export const ASSESSMENT_SECONDS = 600;
/** A released host counts against the quota for this long ("some minutes"). */
export const QUOTA_LAG_SECONDS = 300;
/** How long ended things stay in Describe answers; the length for hosts is not documented. */
export const KEEP_TERMINATED_SECONDS = 3600;
/** See above. */
export const KEEP_RELEASED_SECONDS = 24 * 3600;
/** A Mac host is paid for at least this long and cannot be released before. */
export const LEASE_SECONDS = 24 * 3600;

/** A length in seconds drawn from a range, always the same for the same key. */
export function draw(range: readonly [number, number], key: string): number {
  const [low, high] = range;
  return Math.round(low + (high - low) * fraction(key));
}

/** When a launch or start at `now` shows as running, and when it passes its status checks. */
export function bootTimes(seed: string, key: string, now: number): { runningFrom: number; bootedFrom: number } {
  const runningFrom = now + draw(RANGES.starting, `${seed}/starting/${key}`) * 1000;
  return { runningFrom, bootedFrom: now + draw(RANGES.boot, `${seed}/boot/${key}`) * 1000 };
}

/** Hexadecimal digits that depend on the key alone; AWS ids look like this. */
export function hexDigits(key: string, length: number): string {
  return createHash("sha256").update(key).digest("hex").slice(0, length);
}

function fraction(key: string): number {
  return createHash("sha256").update(key).digest().readUInt32BE(0) / 2 ** 32;
}
