import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Demand, learnDemand } from "../../../model/ec2-mac/demand.ts";
import { forecastAt } from "../../../model/ec2-mac/forecast.ts";
import type { Instant } from "../../../model/ec2-mac/types.ts";
import { instance, observed, registered } from "./build.ts";
import { day, hour, minute, policyFor } from "./scenario.ts";

/** A Monday, 00:00 UTC. */
const monday: Instant = Date.UTC(2026, 0, 5) / 1000;
const policy = policyFor(9);

/** What is known after looks each ten minutes for some days, with a load that depends on the moment. */
function learned(days: number, loadAt: (moment: Instant) => number): Demand {
  let demand: Demand | undefined;
  for (let at = monday; at <= monday + days * day; at += 10 * minute)
    demand = learnDemand(observed({ memory: { demand }, waitingJobs: loadAt(at) }), policy, at);
  return demand as Demand;
}

const byDay = (at: Instant) => (at % day >= 8 * hour && at % day < 18 * hour ? 10 : 2);

test("the load is what runs on the pool's own Macs and what waits", () => {
  const busy = registered({ busy: true });
  const stranger = instance(3, { runner: busy, tags: { Name: "theirs" } });
  const instances = [instance(1, { runner: busy }), instance(2), stranger];
  equal(learnDemand(observed({ instances, waitingJobs: 4 }), policy, monday).load, 5);
  equal(learnDemand(observed({ instances }), policy, monday).load, 1, "nobody knows how many wait");
});

for (const [what, sight] of [
  ["how many jobs wait", { waitingJobs: { why: "no answer" } }],
  ["whether a runner works", { instances: [instance(1, { runner: { state: "unknown", why: "no answer" } })] }],
] as const)
  test(`a look that cannot tell ${what} teaches nothing, and the load stays as it was`, () => {
    const known = learned(1, () => 3);
    let demand = known;
    for (let at = known.at + 10 * minute; at <= known.at + 5 * hour; at += 10 * minute)
      demand = learnDemand(observed({ memory: { demand }, ...sight }), policy, at);
    deepEqual(demand, { ...known, at: known.at + 5 * hour, isUnseen: true });
    const seen = learnDemand(observed({ memory: { demand }, waitingJobs: 0 }), policy, demand.at + 10 * minute);
    deepEqual([seen.load, seen.isUnseen], [0, undefined]);
    deepEqual(forecastAt(seen, known.at - hour), forecastAt(known, known.at - hour));
  });

test("nothing is expected before an hour of its kind has been seen", () => {
  equal(forecastAt(undefined, monday), undefined);
  const morning = learned(0.25, byDay);
  equal(forecastAt(morning, monday + day + 12 * hour), undefined);
  equal(forecastAt(morning, monday + day + 2 * hour)?.mean, 2);
});

test("after a day the next one is half known, and after a week well, the weekend apart from it", () => {
  const one = learned(1, byDay);
  const means = [3, 12, 17, 20].map((hours) => Math.round(forecastAt(one, monday + day + hours * hour)?.mean ?? -1));
  // Such a day at large, with a mean of 5.3, says as much as the one hour that was seen.
  deepEqual(means, [4, 8, 8, 4]);
  const week = learned(7, (at) => (at - monday >= 5 * day ? 0 : byDay(at)));
  const noon = [7, 8, 11, 12, 13].map((days) =>
    Math.round(forecastAt(week, monday + days * day + 12 * hour)?.mean ?? -1),
  );
  deepEqual(noon, [10, 10, 10, 0, 0]);
});

test("after some days an hour is taken at its word where days are alike, and far less where they differ as hours do", () => {
  const noon = monday + 4 * day + 12 * hour;
  const expected = (loadAt: (at: Instant) => number) => forecastAt(learned(4, loadAt), noon)?.mean ?? -1;
  // Such a day has a mean of 5.3 by the clock; the other one is 6 or 0 by no rule that a clock knows.
  ok(Math.abs(expected(byDay) - 10) < 0.1);
  const byChance = (at: Instant): number => ((Math.floor((at - monday) / hour) * 7919) % 31 < 16 ? 6 : 0);
  const seen = [0, 1, 2, 3].map((days) => byChance(monday + days * day + 12 * hour));
  const mean = seen.reduce((sum, load) => sum + load, 0) / seen.length;
  const atLarge = 3.1;
  ok(Math.abs(expected(byChance) - atLarge) < 0.6 * Math.abs(mean - atLarge), `${seen} and ${expected(byChance)}`);
});

test("a spread that arrivals by chance would have is expected even where none was seen, and a larger one where it was", () => {
  const steady = forecastAt(
    learned(2, () => 9),
    monday + 2 * day,
  );
  equal(steady?.deviation, 3);
  const inBursts = forecastAt(
    learned(2, (at) => (at % hour < 10 * minute ? 54 : 0)),
    monday + 2 * day,
  );
  ok(Math.abs((inBursts?.mean ?? 0) - 9) < 1 && (inBursts?.deviation ?? 0) > 15);
});

test("the highest load of late fades by half in 16 hours, and gives way to a higher one", () => {
  const one = learned(1, (at) => (at < monday + 8 * hour ? 12 : 1));
  equal(Math.round(one.recent ?? 0), 6);
  const look = (waitingJobs: number) => learnDemand(observed({ memory: { demand: one }, waitingJobs }), policy, one.at);
  deepEqual([look(9).recent, look(0).recent === one.recent], [9, true]);
});

test("a pool that nobody looked at for long learns nothing of that time", () => {
  const before = learned(1, byDay);
  const after = learnDemand(observed({ memory: { demand: before }, waitingJobs: 0 }), policy, before.at + 20 * day);
  ok(after.hours.reduce((sum, { seconds }) => sum + seconds, 0) <= day + hour);
});

test("what is learned survives being written down", () => {
  const demand = learned(3, byDay);
  deepEqual(JSON.parse(JSON.stringify(demand)), demand);
});
