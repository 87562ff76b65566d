import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { jobsAfter, withJobCounts } from "../../../model/ec2-mac/jobs.ts";
import type { JobCount, PoolMemory, RunnerSighting } from "../../../model/ec2-mac/types.ts";
import { instance, registered } from "./build.ts";

type Sight = [runner: RunnerSighting, bornAt?: number];

const mark = (jobMark: string): RunnerSighting => ({ state: "registered", busy: false, accepting: true, jobMark });
const counted = (jobMark: string, jobsFinished: number): RunnerSighting => registered({ jobsFinished, jobMark });

/** The count after some looks at one runner, one after another. */
function countAfter(sights: readonly Sight[]): JobCount | undefined {
  let counts: PoolMemory["jobs"] = {};
  for (const [runner, bornAt = 1] of sights)
    counts = jobsAfter(counts, new Map([["i-1", instance(1, { runner })]]), () => bornAt);
  return counts["i-1"];
}

describe("jobs of a life", () => {
  const cases: [name: string, sights: Sight[], finished: number | undefined][] = [
    ["none while no job has finished", [[mark("")], [mark("")]], 0],
    ["one for each change of the mark", [[mark("")], [mark("a")], [mark("a")], [mark("b")]], 2],
    ["what the CI system tells at the first sight", [[counted("a", 1)], [counted("b", 1)]], 2],
    ["a job's runner that has another name", [[mark("mac-1")], [mark("mac-2")], [mark("mac-3")]], 2],
    ["an agent that was started again has lost its mark, not its jobs", [[mark("")], [mark("a")], [mark("")]], 1],
    ["and counts on", [[mark("")], [mark("a")], [mark("")], [mark("b")]], 2],
    ["nobody could look in between", [[mark("a")], [{ state: "unknown", why: "503" }], [mark("b")]], 1],
    ["gone for a while", [[mark("a")], [{ state: "absent" }], [mark("a")], [mark("b")]], 1],
    ["a new life begins at nought", [[mark("")], [mark("a")], [mark(""), 2]], 0],
    ["a CI system without marks is not counted", [[registered()]], undefined],
  ];
  for (const [name, sights, finished] of cases) test(name, () => equal(countAfter(sights)?.finished, finished));

  test("are forgotten with the instance, and the rest stays the same object", () => {
    const counts = { "i-1": { bornAt: 1, finished: 3, mark: "a" } };
    equal(
      jobsAfter(counts, new Map([["i-1", instance(1, { runner: mark("a") })]]), () => 1),
      counts,
    );
    deepEqual(
      jobsAfter(counts, new Map(), () => 1),
      {},
    );
  });
});

test("the rules see the higher of two counts", () => {
  const jobs = { "i-1": { bornAt: 1, finished: 24, mark: "a" } };
  const [seen] = withJobCounts([instance(1, { runner: counted("a", 1) })], jobs);
  equal(seen?.runner.state === "registered" && seen.runner.jobsFinished, 24);
});
