import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import { poolSize } from "../../../model/ec2-mac/size.ts";
import { viewOf } from "../../../model/ec2-mac/view.ts";
import { host, instance, now, observed, registered } from "./build.ts";
import { hour, policyFor } from "./scenario.ts";

const sizing = { least: 1, most: 4, deviations: 0, answered: 1 };

/** Two Macs, one of them busy, and a free host; `mean` is what is known of each hour, `load` what the last look found. */
function sizeFor(mean: number | undefined, load: number, waiting: number | { why: string }) {
  const known = mean === undefined ? [] : Array(168).fill({ seconds: hour, mean, square: mean ** 2 });
  const open = { seconds: 0, mean: 0, square: 0 };
  const demand = { hours: known, openHour: Math.floor(now / hour), open, at: now, load };
  const instances = [instance(1), instance(2, { runner: registered({ busy: true }) })];
  const sight = observed({ hosts: [host(3)], instances, memory: { demand } });
  return poolSize(viewOf(sight, { ...policyFor(4), sizing }, now), waiting);
}

test("a pool that follows its demand says what it has, wants and may have", () => {
  const { why: _, ...size } = sizeFor(1, 3, 2) ?? {};
  deepEqual(size, { least: 1, most: 4, hosts: 3, alive: 2, wanted: 3, ordered: 3, kept: 3, running: 1, waiting: 2 });
});

const cases: { name: string; size: Parameters<typeof sizeFor>; why: RegExp }[] = [
  { name: "its jobs", size: [1.25, 3, 2], why: /^3 jobs run or wait; 1\.3 at once are usual in this hour$/ },
  { name: "its most", size: [1, 9, 8], why: /; more hosts are not allowed$/ },
  { name: "its least", size: [0, 0, 0], why: /; it always has so many hosts$/ },
  { name: "that it is new", size: [undefined, 0, 0], why: /^nothing is known of such an hour yet/ },
  { name: "that nobody can look", size: [1, 1, { why: "no answer" }], why: /^nothing is given back: no answer$/ },
];
for (const { name, size, why } of cases)
  test(`why it is so large: ${name}`, () => match(sizeFor(...size)?.why ?? "", why));

test("a pool that always has all its hosts has no size to tell", () => {
  deepEqual(poolSize(viewOf(observed({}), policyFor(4), now), undefined), undefined);
});
