/** Schedule expressions of EventBridge Scheduler, in UTC. Source: "Schedule types on EventBridge Scheduler". */
import { type CronFields, nextCronTime, parseCron } from "./cron.ts";

/** When a schedule is due. Times are milliseconds since 1970. */
export type Expression =
  | { kind: "at"; at: number }
  | { kind: "rate"; everyMs: number }
  | { kind: "cron"; fields: CronFields };

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Reads `at(yyyy-mm-ddThh:mm:ss)`, `rate(value unit)` or `cron(fields)`; undefined when it is none of them. */
export function parseExpression(text: string): Expression | undefined {
  const at = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/.exec(text)?.[1];
  if (at !== undefined) return atExpression(Date.parse(`${at}Z`));
  const [, value, unit = ""] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(text) ?? [];
  if (value !== undefined) return { kind: "rate", everyMs: Number(value) * (UNIT_MS[unit] ?? 0) };
  const cron = /^cron\((.+)\)$/.exec(text)?.[1];
  const fields = cron === undefined ? undefined : parseCron(cron);
  return fields && { kind: "cron", fields };
}

/** The days on which a schedule may run. */
export interface Span {
  /** When it was made or changed: nothing is due before. */
  since: number;
  startDate?: number | undefined;
  endDate?: number | undefined;
}

/**
 * The first time at which the schedule is due after `after`; undefined when there is none any more. A rate counts from
 * its start date, or from the moment it was made, and that moment is its first time. One-time schedules know no span.
 */
export function nextTime(expression: Expression, span: Span, after: number): number | undefined {
  if (expression.kind === "at") return expression.at > after ? expression.at : undefined;
  const start = Math.max(span.startDate ?? span.since, span.since);
  const next =
    expression.kind === "rate"
      ? nextOfRate(span.startDate ?? span.since, expression.everyMs, Math.max(after, start - 1))
      : nextCronTime(expression.fields, Math.max(after, start - 1));
  if (next === undefined || (span.endDate !== undefined && next > span.endDate)) return undefined;
  return next;
}

function nextOfRate(first: number, everyMs: number, after: number): number {
  if (after < first) return first;
  return first + (Math.floor((after - first) / everyMs) + 1) * everyMs;
}

function atExpression(at: number): Expression | undefined {
  return Number.isNaN(at) ? undefined : { kind: "at", at };
}
