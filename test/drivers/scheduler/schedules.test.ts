import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateScheduleGroupCommand, GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { isFailure } from "../../../drivers/errors.ts";
import { deleteSchedule, listSchedules, scheduleEnd } from "../../../drivers/scheduler/schedules.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";

let aws: TestAws;
let scheduler: SchedulerClient;
before(async () => {
  aws = await startTestAws();
  scheduler = new SchedulerClient({ region: "us-west-2", maxAttempts: 1 });
  for (const Name of ["macs", "many"]) await scheduler.send(new CreateScheduleGroupCommand({ Name }));
});
after(async () => {
  scheduler.destroy();
  await aws.close();
});

const at = Date.UTC(2030, 0, 2, 3, 4, 5) / 1000;
const end = (name: string, group = "macs") => {
  return { group, name, instanceId: name, at, roleArn: "arn:aws:iam::123456789012:role/ends" };
};

test("an end is made, and moved when it is made again", async () => {
  await scheduleEnd(scheduler, end("i-1"));
  await scheduleEnd(scheduler, { ...end("i-1"), at: at + 3600 });
  const made = await scheduler.send(new GetScheduleCommand({ GroupName: "macs", Name: "i-1" }));
  equal(made.ScheduleExpression, "at(2030-01-02T04:04:05)");
  equal(made.ScheduleExpressionTimezone, "UTC");
  equal(made.ActionAfterCompletion, "DELETE");
  equal(made.Target?.Arn, "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances");
  deepEqual(JSON.parse(made.Target?.Input ?? ""), { InstanceIds: ["i-1"] });
});

test("a group's schedules are all listed, and no other group's", async () => {
  for (let n = 0; n < 55; n++) await scheduleEnd(scheduler, end(`i-${n}`, "many"));
  equal((await listSchedules(scheduler, "many")).length, 55);
  deepEqual(await listSchedules(scheduler, "macs"), ["i-1"]);
});

test("one that is deleted is gone, and stays so", async () => {
  await scheduleEnd(scheduler, end("i-2"));
  await deleteSchedule(scheduler, "macs", "i-2");
  await deleteSchedule(scheduler, "macs", "i-2");
  deepEqual(await listSchedules(scheduler, "macs"), ["i-1"]);
});

test("a group that is not there is told", async () => {
  await rejects(scheduleEnd(scheduler, end("i-1", "none")), (error) => isFailure(error, "not-found"));
});
