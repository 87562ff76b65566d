import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  GetScheduleCommand,
  type GetScheduleOutput,
  ResourceNotFoundException,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { describeInstances } from "../../../drivers/ec2/instances.ts";
import { People, type PeopleStack } from "./people.ts";

const hour = 3600;
let people: People;
let stack: PeopleStack;

before(async () => {
  people = await People.start();
  stack = await people.stack({ hosts: 2 });
  await stack.allocate("mac-1");
});
after(() => people.close());

test("run refuses to start blind", async (t) => {
  const file = join(people.folder, "environment");
  const before = readFileSync(file, "utf8");
  t.after(() => writeFileSync(file, before));
  writeFileSync(file, `${before}\nBUILDKITE_API_TOKEN=''\n`);
  const { err, exitCode } = await stack.type("pool run");
  equal(exitCode, 1);
  match(err, /BUILDKITE_API_TOKEN is not set\n {2}Set it to an API access token/);
});

test("run schedules each Mac's end at AWS, stops in order, and the schedule needs it no more", {
  timeout: 90_000,
}, async () => {
  const instanceId = await stack.launch(await stack.allocate("mac-2"), "mac-2");
  const launchedAt = Math.floor(people.aws.clock.now() / 1000);
  const fleet = join(import.meta.dirname, "../../../scripts/fleet.ts");
  const words = ["pool", "run", "--stack", stack.name, "-C", people.folder, "--json"];
  const child = spawn(process.execPath, [fleet, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  equal(JSON.parse(line).pool, "macs");
  const schedule = await soon(() => scheduleOf(stack.awsName, instanceId));
  child.kill("SIGINT");
  deepEqual(await once(child, "exit"), [0, null]);
  equal(schedule.Target?.Input, JSON.stringify({ InstanceIds: [instanceId] }));
  ok(schedule.Target?.RoleArn?.endsWith(`:role/${stack.awsName}-end`), schedule.Target?.RoleArn);
  const endsAt = Date.parse(`${/^at\((.*)\)$/.exec(schedule.ScheduleExpression ?? "")?.[1]}Z`) / 1000;
  ok(Math.abs(endsAt - launchedAt - 50 * hour) < 120, "two hours after its hard limit");
  const stateOf = async () => (await describeInstances(people.ec2, { ids: [instanceId] }))[0]?.state;
  people.aws.clock.advance(49 * hour);
  equal(await stateOf(), "running");
  people.aws.clock.advance(2 * hour);
  equal(await stateOf(), "terminated");
});

async function scheduleOf(GroupName: string, Name: string): Promise<GetScheduleOutput | undefined> {
  const scheduler = new SchedulerClient({ region: "us-west-2" });
  try {
    return await scheduler.send(new GetScheduleCommand({ GroupName, Name }));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  } finally {
    scheduler.destroy();
  }
}

/** Looks until another process has done it; the test's own limit ends the waiting. */
async function soon<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await delay(20);
  }
}
