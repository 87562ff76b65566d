import { deepEqual, equal, throws } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { isFailure } from "../../../drivers/errors.ts";
import { quoteCommand, quoteWord } from "../../../drivers/exec/quote.ts";

/** What a real shell makes of the words. */
function throughShell(words: string[]): string[] {
  const { stdout } = spawnSync("/bin/sh", ["-c", `printf '%s\\0' ${quoteCommand(words)}`], { encoding: "utf8" });
  return stdout.split("\0").slice(0, -1);
}

test("any words arrive as they were", () => {
  const word = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom("'", '"', "\\", "$", "`", "!", "*", "~", "\n", "\t", " ", "a", "é", "(", ";", "#"),
    }),
  );
  const words = fc.array(
    word.filter((text) => !text.includes("\0")),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(words, (given) => deepEqual(throughShell(given), given)),
    { numRuns: 60 },
  );
});

const cases = [
  { word: "", expect: "''" },
  { word: "tart", expect: "tart" },
  { word: "/opt/homebrew/bin/tart", expect: "/opt/homebrew/bin/tart" },
  { word: "--cpu=4", expect: "'--cpu=4'" },
  { word: "two words", expect: "'two words'" },
  { word: "it's", expect: "'it'\\''s'" },
  { word: "$(id)", expect: "'$(id)'" },
];
for (const { word, expect } of cases) {
  test(`${JSON.stringify(word)} is written ${expect}`, () => equal(quoteWord(word), expect));
}

test("a NUL character is refused", () => {
  throws(
    () => quoteCommand(["echo", "a\0b"]),
    (error) => isFailure(error, "invalid-argument"),
  );
});
