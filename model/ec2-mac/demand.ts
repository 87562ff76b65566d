import { oncePer } from "./once.ts";
import type { PoolPolicy } from "./policy.ts";
import type { Instant, Observed } from "./types.ts";
import { isOurs } from "./view.ts";

/** What an hour of the week was like: how long was looked at, the mean of the load, and the mean of its square. */
export interface HourLoad {
  seconds: number;
  mean: number;
  square: number;
}

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

/** What is expected of a moment. */
export interface Forecast {
  mean: number;
  /** At least what arrivals by chance alone would give. */
  deviation: number;
}

const hourSeconds = 3600;
const hoursOfWeek = 168;
/** A past week counts this much less than the one after it. */
const kept = 0.6;
/** How long the highest load takes to fade by half: over a night most of it stays, over a weekend little. */
const fadeSeconds = 16 * hourSeconds;
/** What is known of an hour's kind of day counts as much as one day of that hour. */
const dayAtLargeSeconds = hourSeconds;
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

const nothing: HourLoad = { seconds: 0, mean: 0, square: 0 };

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

function mixed(a: HourLoad, b: HourLoad): HourLoad {
  const seconds = a.seconds + b.seconds;
  if (seconds === 0) return a;
  const share = b.seconds / seconds;
  return {
    seconds,
    mean: a.mean + (b.mean - a.mean) * share,
    square: a.square + (b.square - a.square) * share,
  };
}

/** Hours change once an hour, and are asked for at each look; null where nothing is known. */
const forecasts = oncePer((_: Demand["hours"]): (Forecast | null | undefined)[] => []);

/** What is expected of a moment within a week; undefined before anything has been learned of such an hour. */
export function forecastAt(demand: Demand | undefined, moment: Instant): Forecast | undefined {
  if (!demand || demand.hours.length === 0) return undefined;
  const known = forecasts(demand.hours);
  const hour = Math.floor(moment / hourSeconds) % hoursOfWeek;
  let forecast = known[hour];
  if (forecast === undefined) {
    forecast = forecastOf(demand.hours, hour);
    known[hour] = forecast;
  }
  return forecast ?? undefined;
}

/**
 * A week's hour alone is too little to go by; those of the same kind of day say as much as it does, and while few days
 * are known such a day at large has its say too.
 */
function forecastOf(hours: Demand["hours"], hour: number): Forecast | null {
  const own = hours[hour] ?? nothing;
  const sameHour = alikeOf(hours, hour);
  if (sameHour.seconds === 0) return null;
  const alike = mixed({ ...dayAtLarge(hours, hour), seconds: dayAtLargeSeconds }, sameHour);
  const { mean, square } = own.seconds > 0 ? mixed({ ...own, seconds: alike.seconds }, alike) : alike;
  return { mean, deviation: Math.sqrt(Math.max(mean, square - mean ** 2)) };
}

/** The same hour on all days of its kind, working days or weekends; on any day while there is none of its kind. */
function alikeOf(hours: Demand["hours"], hour: number): HourLoad {
  let same = nothing;
  let any = nothing;
  for (let other = hour % 24; other < hoursOfWeek; other += 24) {
    const load = hours[other] ?? nothing;
    any = mixed(any, load);
    if (isWeekend(other) === isWeekend(hour)) same = mixed(same, load);
  }
  return same.seconds > 0 ? same : any;
}

/** All hours of the same kind of day; of any day while there is none of its kind. */
function dayAtLarge(hours: Demand["hours"], hour: number): HourLoad {
  const { weekend, workday } = daysAtLarge(hours);
  return isWeekend(hour) ? weekend : workday;
}

/** A forecast asks for many hours, and what is known of them changes with the next look only. */
const daysAtLarge = oncePer((hours: Demand["hours"]) => {
  let [weekend, workday, any] = [nothing, nothing, nothing];
  for (const [hour, load] of hours.entries()) {
    any = mixed(any, load);
    if (isWeekend(hour)) weekend = mixed(weekend, load);
    else workday = mixed(workday, load);
  }
  return { weekend: weekend.seconds > 0 ? weekend : any, workday: workday.seconds > 0 ? workday : any };
});

/** 1970 began on a Thursday. */
function isWeekend(hour: number): boolean {
  const dayFromThursday = Math.floor(hour / 24);
  return dayFromThursday === 2 || dayFromThursday === 3;
}
