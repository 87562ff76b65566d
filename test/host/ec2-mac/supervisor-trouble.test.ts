import { equal, ok } from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { test } from "node:test";
import { SupervisedMac, state } from "./supervised-mac.ts";

const hour = 3600;

test("on a full disk, which takes no note of it, the runner is told to stop once all the same", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.age = 24 * hour;
  symlinkSync("/dev/full", `${mac.root}/${state}/told-to-stop.new`);
  mac.write("settle", `[ -e '${mac.root}/signals' ]`);
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
