import { equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { timeSchema } from "../../../drivers/ec2/time.ts";

describe("a moment that EC2 tells as text", () => {
  const cases: [text: string | undefined, iso: string | undefined][] = [
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"],
    ["2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"],
    ["2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000Z"],
    ["2026-01-02 03:04:05.0", "2026-01-02T03:04:05.000Z"],
    ["2026-13-02T03:04:05Z", undefined],
    ["yesterday", undefined],
    ["2026", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [text, iso] of cases)
    test(`${text} is ${iso ?? "refused"}`, () => equal(timeSchema.safeParse(text).data?.toISOString(), iso));
});
