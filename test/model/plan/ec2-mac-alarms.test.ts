import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { lookMinutes, planAlarms } from "../../../model/plan/ec2-mac-alarms.ts";
import { parseSettings } from "../../../model/settings.ts";
import { smallest, stackOf, valid } from "../settings/read.ts";

const pools = smallest.pools as object[];

function planned(policy: object, alerts: object = {}) {
  const settings = valid(parseSettings(stackOf({ pools: [{ ...pools[0], policy }, ...pools.slice(1)], alerts })));
  const pool = settings.pools.find((each) => each.kind === "ec2-mac");
  if (!pool) throw new Error("the smallest stack has an EC2 pool");
  return { minutes: lookMinutes(pool), alarms: planAlarms(pool, settings.alerts, "test") };
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
