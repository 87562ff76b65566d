import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateTagsCommand } from "@aws-sdk/client-ec2";
import type { PublishCommandInput } from "@aws-sdk/client-sns";
import { sweepOnce } from "../../../controllers/lambda/sweeper.ts";
import { replaceRootVolume } from "../../../drivers/ec2/instances.ts";
import { isFailure } from "../../../drivers/errors.ts";
import type { Sweep } from "../../../model/ec2-mac/sweep.ts";
import { Aws, imageId } from "../pool/world.ts";
import { sweeperActions } from "./actions.ts";
import { Cloud } from "./cloud.ts";
import { Recorder } from "./recorder.ts";

const hour = 3600;
const { signal } = new AbortController();
const runner = { ci: "buildkite", organization: "acme", cluster: "none", queue: "macs" } as const;
let aws: Aws;
before(async () => {
  aws = await Aws.start();
});
after(() => aws.close());

/** A pool with a Mac on each host whose every other end is broken: nobody looks, and nothing runs on the Macs. */
async function abandoned(names: string[], recorder = new Recorder()): Promise<Cloud> {
  const clients = recorder.clients("us-west-2");
  const cloud = await Cloud.start(aws, runner, undefined, { clients, hosts: names });
  cloud.settings.policy.staggerSeconds = 0;
  await cloud.until(async () => (await cloud.shown()).instances.length === names.length, 6);
  recorder.actions.clear();
  return cloud;
}

async function sweep(cloud: Cloud): Promise<{ sweep: Sweep; logged: object[] }> {
  const logged: object[] = [];
  const log = (_: string, details: object) => void logged.push(details);
  return { sweep: await sweepOnce(cloud.settings, cloud.clients, { clock: cloud.clock, signal, log }), logged };
}

/** What goes to the topic from now on. */
function publishedBy(cloud: Cloud): PublishCommandInput[] {
  const published: PublishCommandInput[] = [];
  cloud.clients.sns.middlewareStack.add(
    (next) => (args) => {
      published.push(args.input as PublishCommandInput);
      return next(args);
    },
    { step: "initialize", name: "published" },
  );
  return published;
}

async function statesOf(cloud: Cloud): Promise<Record<string, string>> {
  const { instances } = await cloud.shown();
  return Object.fromEntries(instances.map(({ tags, state }) => [tags.Name ?? "", state]));
}

test("Macs that have outlived everything else are ended, by what the sweeper may do and nothing else", async () => {
  const recorder = new Recorder();
  const cloud = await abandoned(["mac-1", "mac-2", "mac-3"], recorder);
  const idOf = async (name: string) =>
    (await cloud.shown()).instances.find(({ tags }) => tags.Name === name)?.instanceId ?? "";
  const Tags = [{ Key: "persistent", Value: "true" }];
  await aws.ec2.send(new CreateTagsCommand({ Resources: [await idOf("mac-2")], Tags }));
  aws.server.clock.advance(40 * hour);
  await replaceRootVolume(aws.ec2, { instanceId: await idOf("mac-3"), imageId, clientToken: "renewed" });
  aws.server.clock.advance(36 * hour);
  const published = publishedBy(cloud);
  const { sweep: done, logged } = await sweep(cloud);
  deepEqual(
    [done.end, done.persistent].map((list) => list.map(({ name }) => name)),
    [["mac-1"], ["mac-2"]],
  );
  deepEqual(logged, [done]);
  deepEqual(await statesOf(cloud), { "mac-1": "shutting-down", "mac-2": "running", "mac-3": "running" });
  deepEqual([...recorder.actions].sort(), [...sweeperActions]);
  equal(published.length, 1);
  const { Subject, Message = "" } = published[0] ?? {};
  equal(Subject, "cloud-test: Macs swept 1, kept as persistent 1");
  match(Message, /^mac-1 i-[0-9a-f]+, 7\d hours old: ended\./m);
  match(Message, /^mac-2 i-[0-9a-f]+, 7\d hours old: left alone, because it is tagged persistent=true\./m);
  cloud.close();
});

test("one that cannot be ended keeps no other from it, is in the report, and the run fails", async () => {
  const cloud = await abandoned(["mac-1", "mac-2", "mac-3"]);
  aws.server.clock.advance(100 * hour);
  await aws.server.control("faults", { action: "TerminateInstances", effect: "access-denied" });
  const published = publishedBy(cloud);
  await rejects(sweep(cloud), (error) => isFailure(error, "access-denied") && /^1 of 3 /.test(error.message));
  const states = Object.values(await statesOf(cloud));
  deepEqual(states.toSorted(), ["running", "shutting-down", "shutting-down"]);
  const [{ Subject, Message = "" } = {}] = published;
  equal(Subject, "cloud-test: Macs swept 2, kept as persistent 0, failed 1");
  match(Message, /: could not be ended\. .*not authorized/);
  equal(Message.match(/: ended\./g)?.length, 2);
  cloud.close();
});

test("nobody else's Mac is ended, however old", async () => {
  const cloud = await abandoned(["mac-1"]);
  const other = await abandoned(["mac-1"]);
  aws.server.clock.advance(100 * hour);
  await sweep(cloud);
  deepEqual([await statesOf(cloud), await statesOf(other)], [{ "mac-1": "shutting-down" }, { "mac-1": "running" }]);
  cloud.close();
  other.close();
});

test("a run that cannot look ends nothing and fails aloud", async () => {
  const cloud = await abandoned(["mac-1"]);
  aws.server.clock.advance(100 * hour);
  await aws.server.control("faults", { action: "DescribeReplaceRootVolumeTasks", effect: "throttle" });
  const impatient = { ...cloud.clients, ec2: aws.ec2 };
  const run = { clock: cloud.clock, signal, log: () => undefined };
  await rejects(sweepOnce(cloud.settings, impatient, run), (error) => isFailure(error, "rate-limited"));
  deepEqual(await statesOf(cloud), { "mac-1": "running" });
  cloud.close();
});
