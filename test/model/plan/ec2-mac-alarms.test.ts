import { equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { partWords } from "../../../model/names.ts";
import { keptFloor, lookMinutes, planAlarms } from "../../../model/plan/ec2-mac-alarms.ts";
import { parseSettings } from "../../../model/settings.ts";
import { smallest, stackOf, valid } from "../settings/read.ts";

const pools = smallest.pools as object[];

function planned(policy: object, alerts: object = {}, changes: object = {}) {
  const settings = valid(
    parseSettings(stackOf({ pools: [{ ...pools[0], policy, ...changes }, ...pools.slice(1)], alerts })),
  );
  const pool = settings.pools.find((each) => each.kind === "ec2-mac");
  if (!pool) throw new Error("the smallest stack has an EC2 pool");
  return { pool, minutes: lookMinutes(pool), alarms: planAlarms(pool, settings.alerts, "test") };
}

const loops = [
  { policy: {}, minutes: 2 },
  { policy: { launchLoopMinutes: 1 }, minutes: 1 },
  { policy: { setUpLoopMinutes: 20 }, minutes: 10 },
  { policy: { setUpLoopMinutes: 20, launchLoopMinutes: 30 }, minutes: 20 },
];
for (const { policy, minutes } of loops)
  test(`with ${JSON.stringify(policy)} the controller in AWS is called every ${minutes} minutes`, () =>
    equal(planned(policy).minutes, minutes));

test("a controller that is called seldom is not silent between two calls", () => {
  const silentSeconds = (policy: object) => {
    const alarm = planned(policy).alarms.find(({ purpose }) => purpose === "controller-silent");
    return (alarm?.periodSeconds ?? 0) * (alarm?.evaluationPeriods ?? 0);
  };
  equal(silentSeconds({}), 15 * 60);
  equal(silentSeconds({ setUpLoopMinutes: 60, launchLoopMinutes: 60 }), 180 * 60);
});

test("no alarm looks back further than CloudWatch does", () => {
  for (const { purpose, periodSeconds, evaluationPeriods } of planned({}).alarms)
    ok(periodSeconds * evaluationPeriods <= (periodSeconds < 3600 ? 1 : 7) * 86_400, purpose);
});

/** The alarms on the floor: below how many Macs, and after how many minutes. */
const floors: { name: string; hosts: number; floor: number; silent: string; belowFloor: string }[] = [
  { name: "a floor below the number of hosts", hosts: 10, floor: 8, silent: "8 for 15", belowFloor: "8 for 30" },
  { name: "one Mac may always be away", hosts: 3, floor: 3, silent: "2 for 15", belowFloor: "2 for 30" },
  { name: "an only Mac is renewed and scrubbed", hosts: 1, floor: 1, silent: "1 for 360", belowFloor: "1 for 360" },
];
for (const { name, hosts, floor, silent, belowFloor } of floors)
  test(`the floor, ${name}: ${floor} of ${hosts}`, () => {
    const { pool, alarms } = planned({}, { silentMinutes: 15, belowFloorMinutes: 30 }, { hosts, floor });
    const [mac, runner] = ["silent", "below-floor"].map((purpose) => alarms.find((alarm) => alarm.purpose === purpose));
    const lasts = (alarm: typeof mac) => ((alarm?.periodSeconds ?? 0) * (alarm?.evaluationPeriods ?? 0)) / 60;
    equal(`${(mac?.threshold ?? 0) / 5 + 0.5} for ${lasts(mac)}`, silent);
    equal(`${runner?.threshold} for ${lasts(runner)}`, belowFloor);
    match(
      runner?.description ?? "",
      new RegExp(`^Fewer than ${runner?.threshold} runners .* for ${lasts(runner)} minutes`),
    );
    equal(Math.min(Number(runner?.threshold), hosts - 1), keptFloor(pool), "what the controller keeps does not ring");
  });

test("a pool cannot be called like the first word of another pool's alarm, as the two would have one name", () => {
  for (const { purpose } of planned({}).alarms)
    if (purpose.includes("-")) ok(partWords.includes(purpose.split("-")[0] ?? ""), purpose);
});
