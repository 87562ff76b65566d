import { deepEqual, equal, ok } from "node:assert/strict";
import { before, test } from "node:test";
import { type Declared, runProgram } from "../support/program.ts";

let declared: Declared[];
const ofType = (type: string) => declared.filter((resource) => resource.type === type);

before(async () => {
  declared = await runProgram("staging", (config) => {
    const [pool] = config["mac-runner-fleet:pools"] as { controller?: string }[];
    Object.assign(pool ?? {}, { controller: "none" });
  });
});

test("a pool that somebody else keeps declares nothing that would, and every end from outside of its Macs", () => {
  const parts = /^aws:(lambda|scheduler|dynamodb|ssm)/;
  const pool = "macm1";
  deepEqual(
    declared.filter(({ type }) => parts.test(type)).map(({ name }) => name),
    [`${pool}-ends`, `${pool}-sweeper`, `${pool}-sweep`],
  );
  deepEqual(
    ofType("aws:iam/role:Role")
      .map(({ name }) => name)
      .toSorted(),
    [`${pool}-caller-role`, `${pool}-end-role`, `${pool}-role`, `${pool}-sweeper-role`],
  );
});

test("its alarms are those on its Macs and its sweeper alone", () => {
  const watched = ofType("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs.metricName);
  deepEqual(watched.toSorted(), ["DiskUsedPercent", "Errors", "Heartbeat", "Invocations", "MemoryUsedPercent"]);
});

test("its Macs set themselves up all the same", () => {
  equal(ofType("aws:s3/bucketObjectv2:BucketObjectv2").length, 1);
});

test("its hosts are still given back", () => {
  equal(ofType("pulumi-nodejs:dynamic/fleet:HostLeases").length, 1);
  ok(ofType("aws:ec2/dedicatedHost:DedicatedHost").length > 0);
});
