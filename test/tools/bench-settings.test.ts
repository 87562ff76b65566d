import { equal } from "node:assert/strict";
import { test } from "node:test";
import { formatProblems, parseSettings } from "../../model/settings.ts";
import { readStackFile } from "../../model/stack-file.ts";
import { fleetOf } from "../../tools/bench/settings.ts";

for (const machines of [4, 50, 2000])
  test(`the benchmark's fleet of ${machines} machines has settings without a mistake`, () => {
    const parsed = parseSettings(readStackFile(fleetOf(machines)));
    equal(parsed.ok ? "" : formatProblems(parsed.problems, "Pulumi.bench.yaml"), "");
  });
