import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { AllocateHostsCommand, DescribeHostsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  ListTagsForResourceCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { createSimClock } from "../../../simulators/ec2-mac/clock.ts";
import type { Firing } from "../../../simulators/ec2-mac/scheduler/state.ts";
import { startTestAws, type TestAws } from "./aws.ts";

const RoleArn = "arn:aws:iam::123456789012:role/scheduler";
const releaseHosts = "arn:aws:scheduler:::aws-sdk:ec2:releaseHosts";

let aws: TestAws;
let scheduler: SchedulerClient;
let ec2: EC2Client;
before(async () => {
  aws = await startTestAws();
  scheduler = new SchedulerClient({ region: "us-west-2", maxAttempts: 1 });
  ec2 = new EC2Client({ region: "us-west-2", maxAttempts: 1 });
});
after(async () => {
  scheduler.destroy();
  ec2.destroy();
  await aws.close();
});

let count = 0;
async function newHost(): Promise<string> {
  const order = { AvailabilityZone: "us-west-2a", InstanceType: "mac2.metal", Quantity: 1 };
  const { HostIds = [] } = await ec2.send(new AllocateHostsCommand(order));
  return HostIds[0] ?? "";
}

function request(hostId: string, change: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput {
  count += 1;
  return {
    Name: `schedule-${count}`,
    ScheduleExpression: "rate(15 minutes)",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: { Arn: releaseHosts, RoleArn, Input: JSON.stringify({ HostIds: [hostId] }) },
    ...change,
  };
}

const at = (seconds: number) => `at(${new Date(aws.clock.now() + seconds * 1000).toISOString().slice(0, 19)})`;
const inSeconds = (seconds: number) => new Date(Math.ceil(aws.clock.now() / 1000 + seconds) * 1000);

/** What has been fired so far, of these schedules only. */
async function firings(...names: string[]): Promise<Firing[]> {
  const state = (await (await fetch(`${aws.url}/_sim/state`)).json()) as { scheduler: { firings: Firing[] } };
  return state.scheduler.firings.filter(({ schedule }) => names.includes(schedule));
}

async function has(Name: string): Promise<boolean> {
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({ NamePrefix: Name }));
  return Schedules.some((schedule) => schedule.Name === Name);
}

describe("schedules and groups as the API keeps them", () => {
  test("a schedule is read back as it was made", async () => {
    await scheduler.send(new CreateScheduleGroupCommand({ Name: "leases", Tags: [{ Key: "a", Value: "b" }] }));
    const StartDate = inSeconds(3600);
    const EndDate = inSeconds(7200);
    const wanted = request("h-1", { GroupName: "leases", StartDate, EndDate, ActionAfterCompletion: "DELETE" });
    const { ScheduleArn } = await scheduler.send(new CreateScheduleCommand(wanted));
    equal(ScheduleArn, `arn:aws:scheduler:us-west-2:123456789012:schedule/leases/${wanted.Name}`);
    const { $metadata: _, ...seen } = await scheduler.send(
      new GetScheduleCommand({ Name: wanted.Name, GroupName: "leases" }),
    );
    deepEqual(seen, {
      ...wanted,
      Arn: ScheduleArn,
      State: "ENABLED",
      ScheduleExpressionTimezone: "UTC",
      CreationDate: seen.CreationDate,
      LastModificationDate: seen.CreationDate,
    });
    const group = await scheduler.send(new GetScheduleGroupCommand({ Name: "leases" }));
    const tags = await scheduler.send(new ListTagsForResourceCommand({ ResourceArn: group.Arn }));
    deepEqual(tags.Tags, [{ Key: "a", Value: "b" }]);
    const { ScheduleGroups = [] } = await scheduler.send(new ListScheduleGroupsCommand({}));
    deepEqual(
      ScheduleGroups.map(({ Name }) => Name),
      ["default", "leases"],
    );
    await scheduler.send(new DeleteScheduleGroupCommand({ Name: "leases" }));
    equal(await has(wanted.Name ?? ""), false);
  });

  test("lists come in pages", async () => {
    const names = Array.from({ length: 5 }, (_, index) => `page-${index}`);
    for (const Name of names)
      await scheduler.send(new CreateScheduleCommand(request("h-1", { Name, State: "DISABLED" })));
    const first = await scheduler.send(new ListSchedulesCommand({ NamePrefix: "page-", MaxResults: 3 }));
    const second = await scheduler.send(
      new ListSchedulesCommand({ NamePrefix: "page-", MaxResults: 3, NextToken: first.NextToken }),
    );
    deepEqual(
      [...(first.Schedules ?? []), ...(second.Schedules ?? [])].map(({ Name }) => Name),
      names,
    );
    equal(second.NextToken, undefined);
  });

  test("the same name is refused, the same token is not", async () => {
    const wanted = request("h-1", { ClientToken: "token-1", State: "DISABLED" });
    await scheduler.send(new CreateScheduleCommand(wanted));
    await scheduler.send(new CreateScheduleCommand(wanted));
    const other = new CreateScheduleCommand({ ...wanted, ClientToken: "token-2" });
    await rejects(scheduler.send(other), { name: "ConflictException" });
  });

  const gone = { name: "ResourceNotFoundException" };
  test("what is not there is not found", async () => {
    const elsewhere = request("h-1", { GroupName: "nowhere" });
    await rejects(scheduler.send(new CreateScheduleCommand(elsewhere)), gone);
    await rejects(scheduler.send(new UpdateScheduleCommand(request("h-1"))), gone);
    await rejects(scheduler.send(new GetScheduleCommand({ Name: "none" })), gone);
    await rejects(scheduler.send(new DeleteScheduleCommand({ Name: "none" })), gone);
    await rejects(scheduler.send(new DeleteScheduleGroupCommand({ Name: "none" })), gone);
  });

  const target = { Arn: releaseHosts, RoleArn, Input: "{}" };
  const wrong: [name: string, change: () => Partial<CreateScheduleCommandInput>, words: RegExp][] = [
    ["an expression of its own", () => ({ ScheduleExpression: "every day" }), /Invalid Schedule Expression every day/],
    ["a one-time schedule in the past", () => ({ ScheduleExpression: at(-600) }), /in the past/],
    ["a start in the past", () => ({ StartDate: inSeconds(-600) }), /cannot be earlier than 5 minutes ago/],
    ["an end before the start", () => ({ StartDate: inSeconds(600), EndDate: inSeconds(60) }), /EndDate/],
    ["a name with a space", () => ({ Name: "a b" }), /failed to satisfy constraint/],
    ["a role that is none", () => ({ Target: { ...target, RoleArn: "me" } }), /RoleArn/],
    ["input that the call does not take", () => ({ Target: target }), /Invalid RequestJson/],
    [
      "a call that only reads",
      () => ({ Target: { ...target, Arn: releaseHosts.replace("release", "describe") } }),
      /not a supported/,
    ],
  ];
  for (const [name, change, words] of wrong) {
    test(`${name} is refused`, async () => {
      const command = new CreateScheduleCommand(request("h-1", change()));
      await rejects(scheduler.send(command), (error: Error) => {
        equal(error.name, "ValidationException");
        match(error.message, words);
        return true;
      });
    });
  }
});

describe("firing", () => {
  test("a recurring release is tried until AWS takes the host, as of the right quarter of an hour", async () => {
    const hostId = await newHost();
    const allocated = aws.clock.now();
    const { Name = "" } = request(hostId);
    const wanted = request(hostId, { Name, EndDate: inSeconds(25 * 3600), ActionAfterCompletion: "DELETE" });
    await scheduler.send(new CreateScheduleCommand(wanted));
    aws.clock.advance(26 * 3600);
    const { Hosts = [] } = await ec2.send(new DescribeHostsCommand({ HostIds: [hostId] }));
    equal(Hosts[0]?.ReleaseTime?.getTime(), allocated + 24 * 3600 * 1000);
    const fired = await firings(Name);
    equal(fired.length, 101);
    deepEqual(new Set(fired.map(({ result }) => result)), new Set(["done"]));
    deepEqual(fired.map((firing) => (firing.at - allocated) / 60_000).slice(0, 3), [0, 15, 30]);
    equal(await has(Name), false);
  });

  test("two schedules fire in the order of their times when the clock jumps", async () => {
    const early = request(await newHost(), { ScheduleExpression: at(1800) });
    const often = request(await newHost(), { ScheduleExpression: "rate(1 hour)", EndDate: inSeconds(7200) });
    await scheduler.send(new CreateScheduleCommand(often));
    await scheduler.send(new CreateScheduleCommand(early));
    aws.clock.advance(7200);
    const order = (await firings(early.Name ?? "", often.Name ?? "")).map(({ schedule }) => schedule);
    deepEqual(order, [often.Name, early.Name, often.Name, often.Name]);
  });

  test("a one-time schedule stays unless it is to be deleted", async () => {
    const stays = request("h-0123456789abcdef0", { ScheduleExpression: at(60) });
    const goes = request("h-0123456789abcdef0", { ScheduleExpression: at(60), ActionAfterCompletion: "DELETE" });
    for (const wanted of [stays, goes]) await scheduler.send(new CreateScheduleCommand(wanted));
    aws.clock.advance(59);
    deepEqual(await firings(stays.Name ?? ""), []);
    aws.clock.advance(2);
    equal((await firings(stays.Name ?? "")).length, 1);
    deepEqual([await has(stays.Name ?? ""), await has(goes.Name ?? "")], [true, false]);
  });

  test("a disabled one does not fire until it is enabled", async () => {
    const wanted = request("h-0123456789abcdef0", { State: "DISABLED" });
    await scheduler.send(new CreateScheduleCommand(wanted));
    aws.clock.advance(3600);
    deepEqual(await firings(wanted.Name ?? ""), []);
    await scheduler.send(new UpdateScheduleCommand({ ...wanted, State: "ENABLED" }));
    aws.clock.advance(60);
    equal((await firings(wanted.Name ?? "")).length, 1);
    await scheduler.send(new DeleteScheduleCommand({ Name: wanted.Name }));
  });

  test("a jump of a year makes up for the last week only", async () => {
    const wanted = request("h-0123456789abcdef0", { ScheduleExpression: "rate(1 day)" });
    await scheduler.send(new CreateScheduleCommand(wanted));
    aws.clock.advance(365 * 86_400);
    equal((await firings(wanted.Name ?? "")).length, 7);
    await scheduler.send(new DeleteScheduleCommand({ Name: wanted.Name }));
  });

  test("a clock that runs fires by itself", async () => {
    await scheduler.send(new CreateScheduleCommand(request("h-0123456789abcdef0", { ScheduleExpression: at(120) })));
    const fired = once(aws.events, "fired");
    aws.clock.setRate(10_000);
    const [firing] = (await fired) as [Firing];
    aws.clock.setRate(0);
    equal(firing.schedule, `schedule-${count}`);
  });
});

test("a role that AWS cannot assume yet is refused as AWS does", async () => {
  await aws.control("faults", { action: "CreateSchedule", effect: "role-not-ready" });
  const create = () => scheduler.send(new CreateScheduleCommand(request("h-1", { State: "DISABLED" })));
  await rejects(create(), /must allow AWS EventBridge Scheduler to assume the role/);
  await create();
});

test("schedules outlast the simulator, and fire afterwards", async () => {
  const folder = mkdtempSync(join(tmpdir(), "scheduler-"));
  const stateFile = join(folder, "state.json");
  const clock = createSimClock({ rate: 0 });
  const { url: ours } = aws;
  try {
    const first = await startTestAws({ stateFile, clock });
    const client = new SchedulerClient({ region: "us-west-2", endpoint: first.url });
    await client.send(
      new CreateScheduleCommand(request("h-0123456789abcdef0", { Name: "kept", ScheduleExpression: "rate(1 hour)" })),
    );
    await first.close();
    const second = await startTestAws({ stateFile, clock });
    const fired = once(second.events, "fired");
    clock.advance(3600);
    equal(((await fired) as [Firing])[0].schedule, "kept");
    client.destroy();
    await second.close();
  } finally {
    process.env.AWS_ENDPOINT_URL = ours;
    rmSync(folder, { recursive: true, force: true });
  }
});
