import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { test } from "node:test";
import { fleetRuns } from "./fleets.ts";
import { run } from "./run.ts";
import { day, drawScenario, type Faults, noFaults, policyFor, roughFaults, type Scenario } from "./scenario.ts";
import { story } from "./story.ts";

const years = 100;

test(`${years} fleet-years with everything going wrong break no rule`, () => {
  for (const scenario of fleetRuns(years, 1)) {
    const { violations } = run(scenario);
    if (violations.length > 0) throw new Error(story(scenario));
  }
});

test("no kind of fault and no kind of pool is left out of the runs", () => {
  for (const [fault, value] of Object.entries(noFaults)) notEqual(roughFaults[fault as keyof Faults], value, fault);
  const runs = fleetRuns(years, 1);
  ok(runs.every(({ faults }) => faults === roughFaults));
  const kinds = {
    alone: ({ policy }: Scenario) => policy.hosts.length === 1,
    large: ({ policy }: Scenario) => policy.hosts.length > 100,
    scrubs: ({ policy }: Scenario) => policy.recycleBy === "terminate",
    perJob: ({ perJob }: Scenario) => perJob,
    agents: ({ perJob }: Scenario) => !perJob,
    follows: ({ policy: { sizing } }: Scenario) => sizing !== undefined && sizing.least < sizing.most,
    bridged: ({ policy: { sizing, hosts } }: Scenario) =>
      sizing !== undefined && sizing.least === sizing.most && sizing.least < hosts.length,
    fast: ({ clockSkewSeconds }: Scenario) => clockSkewSeconds > 60,
    slow: ({ clockSkewSeconds }: Scenario) => clockSkewSeconds < -60,
  };
  for (const [kind, is] of Object.entries(kinds)) ok(runs.some(is), kind);
});

test("the command runs each of its pools once, on whichever core", () => {
  const program = path.join(import.meta.dirname, "simulate.ts");
  const said = execFileSync(process.execPath, [program, "--years", "0.5", "--seed", "3"], { encoding: "utf8" });
  const looks = fleetRuns(0.5, 3).reduce((sum, scenario) => sum + run(scenario).looks, 0);
  match(said, new RegExp(`^\\d\\.\\d fleet-years, ${looks} looks, no rule broken; `));
});

test("a run is the same for the same seed", () => {
  const once = run(drawScenario(7, 12, 60));
  deepEqual(run(drawScenario(7, 12, 60)), once);
  ok(once.looks > 500);
});

/** A pool to which nothing bad happens. */
function calm(hosts: number, floor: number): Scenario {
  const policy = policyFor(hosts, { floor, promisedReady: floor });
  return {
    ...drawScenario(3, hosts, 60),
    policy,
    faults: noFaults,
    settingsEvery: Number.POSITIVE_INFINITY,
    load: 0.4,
  };
}

for (const [hosts, floor] of [
  [5, 4],
  [10, 8],
  [30, 26],
] as const)
  test(`with nothing going wrong, ${hosts} hosts keep the promise of ${floor} ready runners`, () => {
    const { promiseKept, readyShare, violations } = run(calm(hosts, floor));
    deepEqual(violations, []);
    ok(promiseKept > 0.95, `kept ${promiseKept} of the time, the first hours of an empty pool included`);
    ok(readyShare > 0.94, `${readyShare} of the hosts' time`);
  });

test("a broken rule is told as a story that can be run again", () => {
  const drawn = drawScenario(5, 6, 60);
  const scenario = { ...drawn, settingsEvery: day, policy: { ...drawn.policy, leaseSeconds: 3600 } };
  const text = story(scenario);
  match(text, /^Broken: no release before 24 h \(MacM1-\d/);
  match(text, /\n {2}2026-\S+ release MacM1-\d: /);
  match(text, /\nAgain: node test\/model\/ec2-mac\/simulate\.ts --seed 5 --hosts 6 --days 60$/);
});

test("a world without a broken rule has no story", () => {
  equal(story({ ...calm(1, 0), days: 5 }), "No rule was broken.");
});
