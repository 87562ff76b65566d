import { oncePer } from "./once.ts";
import type { ScrubSample } from "./types.ts";

/**
 * How long a full scrub takes before anything has been measured, in seconds: the shortest, a usual and the longest that
 * is known. AWS's "Stop or terminate your Amazon EC2 Mac instance" page gives at most 4.5 h for Apple silicon and 50 min
 * for Intel (3 h with new firmware); fleets measured 1.5 to 4 h.
 */
const known = {
  appleSilicon: [1.5 * 3600, 2 * 3600, 4.5 * 3600],
  intel: [30 * 60, 50 * 60, 3 * 3600],
} as const;

/** Samples that are kept for each type and zone; older ones tell of older firmware. */
export const scrubSamplesKept = 50;

/** What is known about scrub times, by zone and type. */
export interface ScrubTimes {
  /** Sorted seconds by {@link keyOf}. */
  seconds: ReadonlyMap<string, readonly number[]>;
}

/** Where a host scrubs, as far as it matters for how long. */
export interface ScrubPlace {
  zone: string;
  instanceType: string;
}

/**
 * Orders measured scrubs. A few known values stay among them and are outweighed as measurements come in. Samples change a
 * few times a day and are asked for at each look.
 */
export const learnedScrubs = oncePer((samples: readonly ScrubSample[]): ScrubTimes => {
  const seconds = new Map<string, number[]>();
  for (const sample of samples) {
    const key = keyOf(sample);
    const list = seconds.get(key);
    if (list) list.push(sample.seconds);
    else seconds.set(key, [...priorOf(sample.instanceType), sample.seconds]);
  }
  for (const list of seconds.values()) list.sort((a, b) => a - b);
  return { seconds };
});

/**
 * The scrub time that this share of scrubs does not exceed, in seconds (nearest rank).
 * @param share from 0 to 1; 0.95 for the time to plan with
 */
export function scrubPercentile(times: ScrubTimes, place: ScrubPlace, share: number): number {
  const list = times.seconds.get(keyOf(place)) ?? priorOf(place.instanceType);
  const rank = Math.max(1, Math.ceil(share * list.length));
  return list[rank - 1] as number;
}

function priorOf(instanceType: string): readonly number[] {
  return instanceType.startsWith("mac1.") ? known.intel : known.appleSilicon;
}

function keyOf({ zone, instanceType }: ScrubPlace): string {
  return `${instanceType}/${zone}`;
}
