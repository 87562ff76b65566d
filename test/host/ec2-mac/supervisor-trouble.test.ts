import { deepEqual, equal, ok } from "node:assert/strict";
import { rmSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { SupervisedMac, state } from "./supervised-mac.ts";

const hour = 3600;

test("on a full disk, which takes no note of it, the runner is told to stop once all the same", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.age = 24 * hour;
  symlinkSync("/dev/full", `${mac.root}/${state}/told-to-stop.new`);
  mac.settled = `[ -e '${mac.root}/signals' ]`;
  await mac.look(4);
  equal(mac.read("signals"), "TERM\n");
});

test("whether the metadata service is closed is asked without the settings that a job can write", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  await mac.look();
  const asked = mac.takeCalls().filter((call) => call.startsWith("curl") && call.includes("/dev/null"));
  ok(asked.length > 0 && asked.every((call) => call.startsWith("curl -q ")), asked.join("\n"));
});

test("an agent that registers after an outage stays, and its credential and the outage are forgotten", async (t) => {
  const mac = new SupervisedMac(t);
  mac.write("away", "");
  await mac.withRunner();
  mac.endRunner(1);
  // Started again after 15 and after 30 seconds; the outage is over before the third start, a minute later.
  await mac.look(8);
  equal(mac.read(`${state}/retries`), "2\n");
  ok(mac.has("credential"));
  for (const file of ["away", "end", "agent-pid"]) rmSync(`${mac.root}/${file}`);
  const said = await mac.look(12);
  equal(said.filter((line) => line.startsWith("starting the runner")).length, 1);
  deepEqual([mac.has("credential"), mac.has(`${state}/retries`), mac.shutdowns()], [false, false, 0]);
  ok(mac.has(`${state}/registered`));
});
