/** A cron expression of six fields, each the set of values that it allows; undefined allows all. */
export interface CronFields {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  daysOfMonth: ReadonlySet<number> | undefined;
  months: ReadonlySet<number>;
  /** 1 is Sunday. */
  daysOfWeek: ReadonlySet<number> | undefined;
  years: ReadonlySet<number>;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const DAY_MS = 86_400_000;
/** A cron time, if there is one, comes within a leap year's cycle. */
const SEARCH_DAYS = 4 * 366 + 1;

/**
 * Reads `minutes hours day-of-month month day-of-week year`; one of the two days must be `?`. Undefined when it is wrong
 * or uses `L`, `W` or `#`, which this simulator does not know.
 */
export function parseCron(text: string): CronFields | undefined {
  const parts = text.trim().split(/\s+/);
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", year = ""] = parts;
  if (parts.length !== 6 || (dayOfMonth === "?") === (dayOfWeek === "?")) return undefined;
  const minutes = valuesOf(minute, 0, 59);
  const hours = valuesOf(hour, 0, 23);
  const months = valuesOf(month, 1, 12, MONTHS);
  const years = valuesOf(year, 1970, 2199);
  const daysOfMonth = dayOfMonth === "?" ? undefined : valuesOf(dayOfMonth, 1, 31);
  const daysOfWeek = dayOfWeek === "?" ? undefined : valuesOf(dayOfWeek, 1, 7, DAYS);
  if (!minutes || !hours || !months || !years || (!daysOfMonth && !daysOfWeek)) return undefined;
  return { minutes, hours, daysOfMonth, months, daysOfWeek, years };
}

/** The first whole minute after `after` that the fields allow, in UTC; undefined when there is none. */
export function nextCronTime(fields: CronFields, after: number): number | undefined {
  const first = (Math.floor(after / 60_000) + 1) * 60_000;
  const firstDay = Math.floor(first / DAY_MS) * DAY_MS;
  for (let day = 0; day < SEARCH_DAYS; day += 1) {
    const found = timeOnDay(fields, firstDay + day * DAY_MS, first);
    if (found !== undefined) return found;
  }
  return undefined;
}

function timeOnDay(fields: CronFields, day: number, notBefore: number): number | undefined {
  const date = new Date(day);
  if (!fields.years.has(date.getUTCFullYear()) || !fields.months.has(date.getUTCMonth() + 1)) return undefined;
  if (fields.daysOfMonth && !fields.daysOfMonth.has(date.getUTCDate())) return undefined;
  if (fields.daysOfWeek && !fields.daysOfWeek.has(date.getUTCDay() + 1)) return undefined;
  for (const hour of ascending(fields.hours)) {
    for (const minute of ascending(fields.minutes)) {
      const time = day + (hour * 60 + minute) * 60_000;
      if (time >= notBefore) return time;
    }
  }
  return undefined;
}

function ascending(values: ReadonlySet<number>): number[] {
  return [...values].sort((a, b) => a - b);
}

/** `*`, `3`, `1-5`, `*` + `/15`, `0/15`, and lists of these; names where the field has them. */
function valuesOf(text: string, low: number, high: number, names: readonly string[] = []): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", step = "1", ...rest] = part.split("/");
    const bounds = boundsOf(range, low, high, part.includes("/"), names);
    if (!bounds || rest.length > 0 || !/^[1-9]\d*$/.test(step)) return undefined;
    for (let value = bounds[0]; value <= bounds[1]; value += Number(step)) values.add(value);
  }
  return values;
}

function boundsOf(range: string, low: number, high: number, isStepped: boolean, names: readonly string[]) {
  if (range === "*") return [low, high] as const;
  const numbers = range.split("-").map((word) => numberOf(word, low, names));
  const [from = Number.NaN, to = isStepped ? high : from] = numbers;
  const isGood = numbers.length <= 2 && from >= low && to <= high && from <= to;
  return isGood ? ([from, to] as const) : undefined;
}

function numberOf(word: string, low: number, names: readonly string[]): number {
  const index = names.indexOf(word.toUpperCase());
  if (index >= 0) return index + low;
  return /^\d+$/.test(word) ? Number(word) : Number.NaN;
}
