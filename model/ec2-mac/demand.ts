import { type HourLoad, hourSeconds, hoursOfWeek, mixed, nothing } from "./hour-load.ts";
import type { PoolPolicy } from "./policy.ts";
import type { Instant, Observed } from "./types.ts";
import { isOurs } from "./view.ts";

/** The load of a pool, jobs that run and jobs that wait, as it was learned. */
export interface Demand {
  /** By hour of the week: hours since 1970 modulo 168. Of no seconds where nobody has looked; empty at first. */
  hours: readonly HourLoad[];
  /** The hour under way, in hours since 1970. */
  openHour: number;
  open: HourLoad;
  /** The last look, and what it found. */
  at: Instant;
  load: number;
  /** The highest load of late, which fades where the load is lower; missing in what an older version learned. */
  recent?: number | undefined;
  /** True when the last look could not tell the load: it is that of the look before then. */
  isUnseen?: boolean | undefined;
}

/** A past week counts this much less than the one after it. */
const kept = 0.6;
/** How long the highest load takes to fade by half: over a night most of it stays, over a weekend little. */
const fadeSeconds = 16 * hourSeconds;
/** A look says nothing of what came later than this after it. */
const longestGapSeconds = hourSeconds;

/** What is known of the demand after a look. From one that could not tell the load nothing is learned. */
export function learnDemand(observed: Observed, policy: PoolPolicy, now: Instant): Demand {
  const known = observed.memory.demand;
  const hour = Math.floor(now / hourSeconds);
  const load = loadOf(observed, policy);
  if (load === undefined)
    return { ...(known ?? { hours: [], openHour: hour, open: nothing, load: 0 }), at: now, isUnseen: true };
  if (!known) return { hours: [], openHour: hour, open: nothing, at: now, load, recent: load };
  const seconds = known.isUnseen ? 0 : Math.max(0, Math.min(longestGapSeconds, now - known.at));
  const open = mixed(known.open, { seconds, mean: known.load, square: known.load ** 2 });
  const faded = (known.recent ?? known.load) * 0.5 ** (Math.max(0, now - known.at) / fadeSeconds);
  const recent = Math.max(load, rounded(faded));
  if (hour === known.openHour) return { hours: known.hours, openHour: hour, open, at: now, load, recent };
  return { hours: closed(known.hours, known.openHour, open), openHour: hour, open: nothing, at: now, load, recent };
}

/** Jobs that run and jobs that wait; undefined when either could not be told. */
function loadOf({ instances, waitingJobs = 0 }: Observed, policy: PoolPolicy): number | undefined {
  if (typeof waitingJobs === "object") return undefined;
  let load = waitingJobs;
  for (const instance of instances) {
    if (instance.state !== "running" || !isOurs(instance, policy)) continue;
    if (instance.runner.state === "unknown") return undefined;
    if (instance.runner.state === "registered" && instance.runner.busy) load++;
  }
  return load;
}

function closed(hours: Demand["hours"], openHour: number, open: HourLoad): Demand["hours"] {
  const next = hours.length > 0 ? hours.slice() : new Array<HourLoad>(hoursOfWeek).fill(nothing);
  const slot = openHour % hoursOfWeek;
  const before = next[slot] ?? nothing;
  const { seconds, mean, square } = mixed({ ...before, seconds: before.seconds * kept }, open);
  next[slot] = { seconds: Math.round(seconds), mean: rounded(mean), square: rounded(square) };
  return next;
}

/** The memory is written at each look; more digits would only make it longer. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
