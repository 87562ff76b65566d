import type { Instant } from "./types.ts";

/** A moment for reasons: `2026-01-02 03:04 UTC`. */
export function at(instant: Instant): string {
  return `${iso(instant).slice(0, 16).replace("T", " ")} UTC`;
}

/** A moment for tags and files, to the second: `2026-01-02T03:04:05Z`. */
export function iso(instant: Instant): string {
  return `${new Date(instant * 1000).toISOString().slice(0, 19)}Z`;
}

/** A length of time for reasons: `90 min`, `2.5 h`, `3 days`. */
export function span(seconds: number): string {
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${round(seconds / 3600)} h`;
  return `${round(seconds / 86_400)} days`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
