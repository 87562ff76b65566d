/**
 * Simulates pools and checks that no rule is ever broken.
 *
 *   node test/model/ec2-mac/simulate.ts --years 1000 --seed 1
 *   node test/model/ec2-mac/simulate.ts --seed 7 --hosts 12 --days 100      one run, as a failing one prints it
 */
import { parseArgs } from "node:util";
import { fleetRuns } from "./fleets.ts";
import { run } from "./run.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { story } from "./story.ts";

const { values } = parseArgs({
  options: {
    years: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    hosts: { type: "string" },
    days: { type: "string", default: "365" },
  },
});

const startedAt = performance.now();
const scenarios = values.hosts
  ? [drawScenario(Number(values.seed), Number(values.hosts), Number(values.days))]
  : fleetRuns(Number(values.years), Number(values.seed));
let days = 0;
let looks = 0;
for (const scenario of scenarios) {
  const result = run(scenario);
  if (result.violations.length > 0) fail(scenario);
  days += scenario.days;
  looks += result.looks;
  if (process.stderr.isTTY) process.stderr.write(`\r${(days / 365).toFixed(1)} fleet-years`);
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  `${(days / 365).toFixed(1)} fleet-years, ${looks} looks, no rule broken; ${seconds.toFixed(1)} s, ${Math.round(days / seconds)} simulated days per second`,
);

function fail(scenario: Scenario): never {
  console.error(story(scenario));
  process.exit(1);
}
