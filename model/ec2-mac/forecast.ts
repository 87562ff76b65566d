import type { Demand } from "./demand.ts";
import { type HourLoad, hourSeconds, hoursOfWeek, mixed, nothing } from "./hour-load.ts";
import { oncePer } from "./once.ts";
import type { Instant } from "./types.ts";

/** What is expected of a moment. */
export interface Forecast {
  mean: number;
  /** At least what arrivals by chance alone would give. */
  deviation: number;
}

/** A kind of day as a whole. */
interface DayAtLarge {
  load: HourLoad;
  /** How long it counts as seen beside one hour of the day. */
  seconds: number;
}

/** While one day only is known of each hour, nobody can tell chance from habit: both count the same. */
const dayAtLargeSeconds = hourSeconds;
/** A few days of an hour outweigh the day at large, however alike its hours seem. */
const longestLikenessSeconds = 4 * hourSeconds;

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
 * A week's hour alone is too little to go by; those of the same kind of day say as much as it does. Such a day at large
 * has its say too: more of it while few days are known, and where its hours differ by little but chance.
 */
function forecastOf(hours: Demand["hours"], hour: number): Forecast | null {
  const own = hours[hour] ?? nothing;
  const sameHour = alikeOf(hours, hour);
  if (sameHour.seconds === 0) return null;
  const { load, seconds } = dayAtLarge(hours, hour);
  const alike = mixed({ ...load, seconds }, sameHour);
  const { mean, square } = own.seconds > 0 ? mixed({ ...own, seconds: alike.seconds }, alike) : alike;
  return { mean, deviation: Math.sqrt(Math.max(mean, square - mean ** 2)) };
}

/** The same hour on all days of its kind, working days or weekends; on any day while there is none of its kind. */
function alikeOf(hours: Demand["hours"], hour: number): HourLoad {
  const same = sameHours(hours, hour, isWeekend(hour));
  return (same.length > 0 ? same : sameHours(hours, hour, !isWeekend(hour))).reduce(mixed, nothing);
}

/** A day of the hour's kind at large, of any kind while there is none of it, and how long it counts as seen. */
function dayAtLarge(hours: Demand["hours"], hour: number): DayAtLarge {
  const { weekend, workday } = daysAtLarge(hours);
  return isWeekend(hour) ? weekend : workday;
}

/** A forecast asks for many hours, and what is known of them changes with the next look only. */
const daysAtLarge = oncePer((hours: Demand["hours"]) => {
  const any = hours.reduce(mixed, nothing);
  const ofKind = (weekend: boolean): DayAtLarge => {
    const clock = Array.from({ length: 24 }, (_, hour) => sameHours(hours, hour, weekend));
    const load = clock.flat().reduce(mixed, nothing);
    return { load: load.seconds > 0 ? load : any, seconds: likenessSeconds(clock, load.mean) };
  };
  return { weekend: ofKind(true), workday: ofKind(false) };
});

/** What was seen of an hour of the day on days of one kind. */
function sameHours(hours: Demand["hours"], hour: number, weekend: boolean): HourLoad[] {
  const days: HourLoad[] = [];
  for (let slot = hour % 24; slot < hours.length; slot += 24) {
    const load = hours[slot] as HourLoad;
    if (load.seconds > 0 && isWeekend(slot) === weekend) days.push(load);
  }
  return days;
}

/**
 * How long a day at large counts as seen beside an hour of the day: as long as it takes until what is seen of the hour says
 * more of it than chance does. It is the variance of one hour from day to day over that between the hours of the day, by the
 * one-way analysis of variance with random effects. Where hours differ as little as days do, they speak for each other.
 */
function likenessSeconds(clock: readonly HourLoad[][], mean: number): number {
  const seen = clock.filter((days) => days.length > 0);
  const spareDays = seen.reduce((sum, days) => sum + days.length - 1, 0);
  if (spareDays === 0 || seen.length < 2) return dayAtLargeSeconds;
  let [within, between, total, squares] = [0, 0, 0, 0];
  for (const days of seen) {
    const own = days.reduce(mixed, nothing);
    for (const day of days) within += day.seconds * (day.mean - own.mean) ** 2;
    between += own.seconds * (own.mean - mean) ** 2;
    total += own.seconds;
    squares += own.seconds ** 2;
  }
  const chance = within / spareDays;
  const difference = (between / (seen.length - 1) - chance) / ((total - squares / total) / (seen.length - 1));
  return difference > 0 ? Math.min(longestLikenessSeconds, chance / difference) : longestLikenessSeconds;
}

/** 1970 began on a Thursday. */
function isWeekend(hour: number): boolean {
  const dayFromThursday = Math.floor(hour / 24);
  return dayFromThursday === 2 || dayFromThursday === 3;
}
