import type { ChartSpan } from "./chart.ts";

/** A moment to be marked on an axis of time. */
export interface Mark {
  at: number;
  /** Empty at the very end, where it would have no room. */
  label: string;
}

const hour = 3600;
const day = 24 * hour;
const steps = [hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 28 * day];
const mostMarks = 10;
const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Round moments of a span in UTC, ten at most: hours of a day with the date at midnight, or days. */
export function timeMarks({ from, to }: ChartSpan): Mark[] {
  const step =
    steps.find((seconds) => (to - from) / seconds <= mostMarks) ?? Math.ceil((to - from) / mostMarks / day) * day;
  const first = Math.ceil(from / step) * step;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  const roomUntil = to - (to - from) / 12;
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * step;
    return { at, label: at > roomUntil ? "" : labelOf(at) };
  });
}

function labelOf(at: number): string {
  const moment = new Date(at * 1000);
  const [date = "", time = ""] = moment.toISOString().split("T");
  return at % day === 0 ? `${weekdays[moment.getUTCDay()]} ${date.slice(5)}` : time.slice(0, 5);
}
