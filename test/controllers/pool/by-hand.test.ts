import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { AllocateHostsCommand, DescribeHostsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { drainByHand, performSwitch, planDrain, planSwitch } from "../../../controllers/pool/by-hand.ts";
import { ec2Clock } from "../../../controllers/pool/clock.ts";
import type { Registrant } from "../../../controllers/pool/credentials.ts";
import { consider, isHeld } from "../../../controllers/pool/look.ts";
import { tagResources } from "../../../drivers/ec2/tags.ts";
import { describeTemplate } from "../../../drivers/ec2/template.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { Aws, imageId, templateName, type World } from "./world.ts";

const { signal } = new AbortController();
const poolId = "fleet/macs";
let aws: Aws;
let world: World;
before(async () => {
  aws = await Aws.start();
  world = aws.world(["mac-1", "mac-2"], { staggerSeconds: 60 });
  await world.until(async () => (await world.readyCount()) === 2, 6);
});
after(() => aws.close());

async function tagsOf(name: string): Promise<(string | undefined)[]> {
  const { hosts, instances } = await world.shown();
  return [...hosts, ...instances].filter(({ tags }) => tags.Name === name).map(({ tags }) => tags.PWPoolReady);
}

test("a host that is disabled is left alone until it is enabled with its instance, and the timeline knows by whom", async () => {
  const pool = world.pool();
  const plan = await planSwitch(pool, "mac-1", { kind: "disable" }, signal);
  await performSwitch(pool, world.store, plan, "ann", signal);
  deepEqual(await tagsOf("mac-1"), ["false", "false"], "the Mac goes by its own tag");
  match(
    plan.stillEnds.join(),
    /^i-\w+ keeps its disk until .*bootDeadlineHours.* at AWS \(20\d\d-.*\), or the sweeper, 3 d/,
  );
  const considered = await consider(pool, world.store, false, signal);
  throws(
    () => planDrain(considered, "mac-1", "ann"),
    /no runner of it takes jobs, so there is none to drain. It is out/,
  );
  await performSwitch(pool, world.store, await planSwitch(pool, "mac-1", { kind: "enable" }, signal), "ann", signal);
  deepEqual(await tagsOf("mac-1"), ["true", "true"]);
  const entries = await world.store.timeline(poolId, { hostName: "mac-1", limit: 2 });
  deepEqual(
    entries.map(({ kind, reason }) => [kind, reason]),
    [
      ["disable", "by hand (ann)"],
      ["enable", "by hand (ann)"],
    ],
  );
});

test("a host that is held comes back with its instance once the time is over, and the timeline says why", async () => {
  const pool = world.pool();
  const held = await planSwitch(pool, "mac-1", { kind: "disable", forSeconds: 4 * 3600 }, signal);
  await performSwitch(pool, world.store, held, "ann", signal);
  const tag = (await tagsOf("mac-1"))[1];
  match(tag ?? "", /^held until 20\d\d-/);
  world.advance(3 * 3600);
  const early = await world.look();
  match(early.actions.find(({ hostName }) => hostName === "mac-1")?.reason ?? "", /^held by hand until 20\d\d-/);
  deepEqual(await tagsOf("mac-1"), [tag, tag]);
  world.advance(3600);
  await world.look();
  deepEqual(await tagsOf("mac-1"), ["true", "true"]);
  const [asked, done] = (await world.store.timeline(poolId, { hostName: "mac-1", limit: 3 })).slice(-2);
  match(asked?.reason ?? "", /^held by hand until/);
  deepEqual(
    [done?.kind, done?.result, done?.reason],
    ["restore", "done", "the time for which it was held by hand is over"],
  );
});

test("an instance on the host that is not the pool's is not tagged", async () => {
  const pool = world.pool();
  const { hosts, instances } = await world.shown();
  const hostId = hosts.find(({ tags }) => tags.Name === "mac-1")?.hostId;
  const instanceId = instances.find((one) => one.hostId === hostId)?.instanceId ?? "";
  const [[key = "", value = ""] = []] = Object.entries(pool.policy.mark);
  await tagResources(aws.ec2, [instanceId], { [key]: "somebody-else" });
  for (const kind of ["disable", "enable"] as const)
    deepEqual((await planSwitch(pool, "mac-1", { kind }, signal)).ids, [hostId]);
  await tagResources(aws.ec2, [instanceId], { [key]: value });
});

test("to plan is not to do", async () => {
  await planSwitch(world.pool(), "mac-1", { kind: "disable" }, signal);
  deepEqual(await tagsOf("mac-1"), ["true", "true"]);
});

test("nobody else's host is switched, nor one that is not there", async () => {
  const order = { AvailabilityZone: "us-west-2a", InstanceType: "mac2.metal", Quantity: 1 };
  const { HostIds: [stranger = ""] = [] } = await aws.ec2.send(new AllocateHostsCommand(order));
  await rejects(planSwitch(world.pool(), stranger, { kind: "disable" }, signal), (error) =>
    isFailure(error, "not-ours"),
  );
  await rejects(
    planSwitch(world.pool(), "mac-9", { kind: "disable" }, signal),
    /has no such host.\n {2}It has mac-1, mac-2/,
  );
});

test("a runner that is drained by hand finishes its job, and its Mac is renewed", async () => {
  const { hosts, instances } = await world.shown();
  const host = hosts.find(({ tags }) => tags.Name === "mac-2");
  const instanceId = instances.find(({ hostId }) => hostId === host?.hostId)?.instanceId ?? "";
  world.runners.busyUntil.set(instanceId, aws.now() + 5400);
  const action = await drainByHand(world.pool(), world.store, "mac-2", "ann", signal);
  ok(!isHeld(action));
  deepEqual([action.instanceId, action.way, action.reason], [instanceId, "replace-root-volume", "by hand (ann)"]);
  world.advance(3600);
  await world.look();
  deepEqual((await world.shown()).tasks, [], "its job still runs");
  await world.until(async () => (await world.shown()).tasks.length === 1, 3);
  match(world.told.at(-1)?.reason ?? "", /by hand \(ann\); drained, and no job runs/);
});

test("a drain that the CI system does not hear of is kept and tried again", async () => {
  // The look before it needs the runners, so they go between the two.
  const look = async (ids: readonly string[]) => {
    const seen = await world.runners.look(ids);
    world.runners.isDown = true;
    return seen;
  };
  const runners = { look, drain: (mac: Registrant) => world.runners.drain(mac) };
  const pool = world.pool({ runners });
  await rejects(drainByHand(pool, world.store, "mac-1", "ann", signal), /marked to be drained, and tried again/);
  world.runners.isDown = false;
  await world.look();
  ok(world.told.some(({ kind, reason }) => kind === "drain" && /not been confirmed/.test(reason)));
});

test("the image that a template stands for", async () => {
  equal((await describeTemplate(aws.ec2, templateName, signal)).imageId, imageId);
  await rejects(describeTemplate(aws.ec2, "none", signal), (error) => isFailure(error, "not-found"));
});

test("the clock goes by what EC2's answers say", async () => {
  const date = "Fri, 02 Jan 2026 03:04:05 GMT";
  const server = createServer((_, response) =>
    response.writeHead(200, { date, "content-type": "text/xml" }).end("<DescribeHostsResponse/>"),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new EC2Client({ region: "us-west-2", endpoint });
  try {
    const clock = ec2Clock(client);
    ok(Math.abs(clock.now() - Date.now() / 1000) <= 1, "this computer's, before the first answer");
    await client.send(new DescribeHostsCommand({}));
    ok(Math.abs(clock.now() - Date.parse(date) / 1000) <= 5);
    await clock.until(clock.now() + 1000, AbortSignal.abort());
  } finally {
    client.destroy();
    server.close();
  }
});
