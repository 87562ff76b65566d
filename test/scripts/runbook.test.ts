import { match } from "node:assert/strict";
import { test } from "node:test";
import { readRepositoryFile } from "../support/files.ts";

test("the runbook says what to do for each alarm", () => {
  const page = readRepositoryFile("docs/runbook.md");
  const heads = [...page.matchAll(/^## (Alarm: .*)$/gm)].map(([, head]) => head).join("\n");
  for (const subject of ["silent", "floor", "launches fail", "failed", "scrub", "hard limit", "disk"])
    match(heads, new RegExp(subject));
});
