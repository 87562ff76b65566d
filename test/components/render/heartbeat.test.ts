import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FakeMac } from "./fake-mac.ts";
import { installedScript } from "./user-data-scripts.ts";

const script = installedScript("heartbeat");
const dimensions = [
  { Name: "Fleet", Value: "ci-macs" },
  { Name: "Pool", Value: "macm1" },
];

/** A Mac that answers as macOS does: 63 % of the disk used, 84 % of the memory free. */
function busyMac(t: TestContext): FakeMac {
  const mac = new FakeMac(t);
  mac.program(
    "df",
    `echo 'Filesystem   1024-blocks      Used Available Capacity  Mounted on'
    echo '/dev/disk3s5   194935068 120000000  70000000    63%    /System/Volumes/Data'`,
  );
  mac.program(
    "memory_pressure",
    `echo 'The system has 17179869184 (1048576 pages with a page size of 16384).'
    echo 'System-wide memory free percentage: 84%'`,
  );
  mac.program("aws", `for last; do :; done; echo "$last" >"$root/metrics"`);
  return mac;
}

function sent(mac: FakeMac): unknown {
  return JSON.parse(mac.read("metrics"));
}

function metric(name: string, value: number, unit: string): object {
  return { MetricName: name, Value: value, Unit: unit, Dimensions: dimensions };
}

test("one call carries the heartbeat and how full disk and memory are", async (t) => {
  const mac = busyMac(t);
  const ran = await mac.run(script);
  deepEqual(ran, { exitCode: 0, stdout: "", stderr: "" });
  deepEqual(sent(mac), [
    metric("Heartbeat", 1, "Count"),
    metric("DiskUsedPercent", 63, "Percent"),
    metric("MemoryUsedPercent", 16, "Percent"),
  ]);
  const calls = mac.takeCalls().filter((call) => call.startsWith("aws"));
  equal(calls.length, 1);
  match(calls[0] ?? "", /^aws cloudwatch put-metric-data --region us-east-1 --namespace MacRunnerFleet /);
});

test("a disk or memory above the alarm's threshold is told in the Mac's own log", async (t) => {
  const mac = busyMac(t);
  mac.program("df", "echo Filesystem; echo '/dev/disk3s5 194935068 180000000 10000000 86% /System/Volumes/Data'");
  mac.program("memory_pressure", "echo 'System-wide memory free percentage: 9%'");
  const { stdout } = await mac.run(script);
  match(
    stdout,
    /^20\S+Z disk: 86 % used, the alarm's threshold is 85 %\n20\S+Z memory: 91 % used, the alarm's threshold is 90 %\n$/,
  );
});

test("what cannot be measured is left out, never guessed", async (t) => {
  const mac = busyMac(t);
  mac.program("df", "exit 1");
  mac.program("memory_pressure", "exit 1");
  await mac.run(script);
  deepEqual(sent(mac), [metric("Heartbeat", 1, "Count")]);
});

test("a call that fails is told on stderr, for the log", async (t) => {
  const mac = busyMac(t);
  mac.program("aws", "echo 'Unable to locate credentials' >&2; exit 253");
  const ran = await mac.run(script);
  equal(ran.exitCode, 253);
  match(ran.stderr, /Unable to locate credentials/);
});

test("a call that hangs ends with the time limit", async (t) => {
  const mac = busyMac(t);
  mac.program("sleep", 'while [ ! -e "$root/hanging" ]; do /bin/sleep 0.01; done');
  mac.program("aws", 'touch "$root/hanging"; exec /bin/sleep 30');
  const started = performance.now();
  const ran = await mac.run(script);
  equal(ran.exitCode, null, "killed");
  match(ran.stderr, /gave up after 45 seconds/);
  ok(mac.takeCalls().includes("sleep 45"));
  ok(performance.now() - started < 20_000);
});
