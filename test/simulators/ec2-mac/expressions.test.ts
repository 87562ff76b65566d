import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { nextTime, parseExpression } from "../../../simulators/ec2-mac/scheduler/expressions.ts";

const time = (text: string) => Date.parse(`${text}Z`);
const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString().slice(0, 16));
const made = time("2026-01-01T00:10:00");

/** The first times of a schedule that was made at ten past midnight. */
function times(
  text: string,
  count: number,
  span: { startDate?: number; endDate?: number } = {},
): (string | undefined)[] {
  const expression = parseExpression(text);
  if (!expression) throw new Error(`not an expression: ${text}`);
  const found: (number | undefined)[] = [];
  for (let after = made - 1; found.length < count; ) {
    const next = nextTime(expression, { since: made, ...span }, after);
    found.push(next);
    if (next === undefined) break;
    after = next;
  }
  return found.map(iso);
}

describe("when a schedule is due", () => {
  const cases: [name: string, expression: string, span: object, expected: (string | undefined)[]][] = [
    ["once", "at(2026-01-01T12:00:00)", {}, ["2026-01-01T12:00", undefined]],
    ["a rate begins at once", "rate(15 minutes)", {}, ["2026-01-01T00:10", "2026-01-01T00:25"]],
    [
      "a rate begins at its start date",
      "rate(1 hour)",
      { startDate: time("2026-01-02T03:04:00") },
      ["2026-01-02T03:04", "2026-01-02T04:04"],
    ],
    [
      "a rate that began before counts from there",
      "rate(1 hour)",
      { startDate: time("2026-01-01T00:06:00") },
      ["2026-01-01T01:06", "2026-01-01T02:06"],
    ],
    [
      "a rate ends with its end date, which still counts",
      "rate(2 hours)",
      { endDate: time("2026-01-01T02:10:00") },
      ["2026-01-01T00:10", "2026-01-01T02:10", undefined],
    ],
    ["every day", "cron(30 4 * * ? *)", {}, ["2026-01-01T04:30", "2026-01-02T04:30"]],
    [
      "on Mondays and Tuesdays",
      "cron(0 6 ? * MON-TUE *)",
      {},
      ["2026-01-05T06:00", "2026-01-06T06:00", "2026-01-12T06:00"],
    ],
    [
      "every 20 minutes, from 5 on",
      "cron(5/20 0 1 1 ? *)",
      {},
      ["2026-01-01T00:25", "2026-01-01T00:45", "2027-01-01T00:05"],
    ],
    ["a leap day", "cron(0 0 29 2 ? *)", {}, ["2028-02-29T00:00"]],
    ["a year that is over", "cron(0 0 1 1 ? 2020)", {}, [undefined]],
    [
      "cron waits for the start date",
      "cron(0 * * * ? *)",
      { startDate: time("2026-01-01T05:00:00") },
      ["2026-01-01T05:00", "2026-01-01T06:00"],
    ],
  ];
  for (const [name, expression, span, expected] of cases) {
    test(name, () => deepEqual(times(expression, expected.length, span), expected));
  }
});

for (const wrong of [
  "rate(0 minutes)",
  "rate(5 seconds)",
  "at(2026-01-01)",
  "at(2026-13-01T00:00:00)",
  "cron(0 0 * * * *)",
  "cron(0 0 ? * ? *)",
  "cron(60 0 * * ? *)",
  "cron(0 0 L * ? *)",
  "every day",
]) {
  test(`${wrong} is refused`, () => equal(parseExpression(wrong), undefined));
}
