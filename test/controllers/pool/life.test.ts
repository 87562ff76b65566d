import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AllocateHostsCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { consider, underLease } from "../../../controllers/pool/look.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { renewingSinceTag, softLifeTag } from "../../../model/ec2-mac/policy.ts";
import { Aws, newImageId, templateName, type World } from "./world.ts";

const hour = 3600;
let aws: Aws;
before(async () => {
  aws = await Aws.start();
});
after(() => aws.close());

/** A pool whose Macs all take jobs. */
async function readyWorld(...args: Parameters<Aws["world"]>): Promise<World> {
  const world = aws.world(...args);
  await world.until(async () => (await world.readyCount()) === world.policy.hosts.length, 24);
  return world;
}

async function onlyInstance(world: World): Promise<string> {
  const { instances } = await world.shown();
  equal(instances.length, 1);
  return instances[0]?.instanceId ?? "";
}

describe("an empty pool", () => {
  test("is ordered and launched, one at a time, and comes up", async () => {
    const world = await readyWorld(["mac-1", "mac-2", "mac-3"]);
    const { hosts, instances } = await world.shown();
    deepEqual(hosts.map(({ tags }) => tags.Name).sort(), ["mac-1", "mac-2", "mac-3"]);
    const launchedAt = instances.map((instance) => instance.launchedAt / 1000).sort();
    equal(launchedAt.length, 3);
    for (const [index, at] of launchedAt.slice(1).entries()) ok(at - (launchedAt[index] ?? 0) >= 2 * hour);
    ok(world.told.some(({ kind, reason }) => kind === "wait" && /one every 2 h keeps lifetimes apart/.test(reason)));
    for (const { tags } of instances)
      deepEqual([tags.PWPoolReady, tags.automation, tags.Name?.slice(0, 4)], ["true", "true", "mac-"]);
  });

  test("is launched at once by force, with lives of different lengths", async () => {
    const world = aws.world(["mac-1", "mac-2", "mac-3"]);
    await world.until(async () => (await world.shown()).hosts.length === 3, 2);
    world.advance(hour);
    await world.look({ forceStart: true });
    const { instances } = await world.shown();
    deepEqual(instances.map(({ tags }) => Number(tags[softLifeTag]) / hour).sort(), [18, 20, 22]);
  });

  test("tries the next zone when one has no Mac free", async () => {
    const world = aws.world(["mac-1"]);
    await world.look();
    world.advance(hour);
    await aws.server.control("faults", { action: "AllocateHosts", effect: "capacity" });
    await world.until(async () => (await world.shown()).hosts.length === 1, 2);
    deepEqual(
      world.told.filter(({ kind }) => kind === "allocate").map(({ result }) => result),
      ["no-capacity", "done"],
    );
    match(world.told.find(({ result }) => result === "no-capacity")?.text ?? "", /InsufficientHostCapacity/);
  });
});

describe("a host of another kind than the template's", () => {
  test("is taken when no zone has one of the pool's own, and is launched as what it is", async () => {
    const instanceTypes = ["mac2.metal", "mac2-m2.metal"];
    const patience = { capacityPauseSeconds: 6 * hour, capacityPauseLimitSeconds: 6 * hour };
    const world = aws.world(["mac-1"], { instanceTypes, zones: ["us-west-2a"], ...patience });
    await aws.server.control("faults", { action: "AllocateHosts", effect: "capacity" });
    await world.until(async () => (await world.readyCount()) === 1, 8);
    const { instances } = await world.shown();
    deepEqual(
      instances.map(({ instanceType }) => instanceType),
      ["mac2-m2.metal"],
    );
  });
});

describe("a life that is over", () => {
  test("is renewed by a new root volume once no job runs", async () => {
    const world = await readyWorld(["mac-1"]);
    const instanceId = await onlyInstance(world);
    const busyUntil = aws.now() + 26 * hour;
    world.runners.busyUntil.set(instanceId, busyUntil);
    await world.until(async () => (await world.shown()).tasks.length > 0, 40);
    const { instances } = await world.shown();
    const drained = world.told.find(({ kind }) => kind === "drain");
    equal(instances[0]?.tags[renewingSinceTag], `${drained?.at}`, "its Mac knows what it waits for");
    ok(aws.now() >= busyUntil || world.told.some(({ reason }) => /whatever still runs/.test(reason)));
    await world.until(async () => (await world.readyCount()) === 1, 3);
    equal(await onlyInstance(world), instanceId);
  });

  test("ends with a full scrub where the policy says so, and the host is launched again", async () => {
    const world = await readyWorld(["mac-1"], { recycleBy: "terminate" });
    const first = await onlyInstance(world);
    await world.until(async () => (await world.shown()).hosts.some(({ state }) => state === "pending"), 40);
    await world.until(async () => (await world.readyCount()) === 1, 12);
    const { instances, hosts } = await world.shown();
    ok(instances.every(({ tags }) => !(renewingSinceTag in tags)));
    deepEqual(
      [hosts.length, instances.some(({ instanceId, state }) => instanceId !== first && state === "running")],
      [1, true],
    );
    const memory = await world.store.load("fleet/macs");
    equal(memory.scrubs.length, 1);
  });

  test("comes early for a new image", async () => {
    const world = await readyWorld(["mac-1"]);
    world.policy = { ...world.policy, imageId: newImageId };
    await world.until(async () => (await world.shown()).tasks.length > 0, 3);
    equal((await world.shown()).tasks[0]?.imageId, newImageId);
  });

  test("is ended when no runner ever came", async () => {
    const world = aws.world(["mac-1"]);
    await world.until(async () => (await world.shown()).instances.length === 1, 3);
    const instanceId = await onlyInstance(world);
    world.runners.mute.add(instanceId);
    await world.until(async () => (await world.shown()).instances.every(({ state }) => state === "shutting-down"), 4);
    match(world.told.at(-1)?.reason ?? "", /its set-up has run for .* and 40 min is the limit/);
  });
});

test("a host that is no longer declared finishes its job, ends, and is given back when its 24 hours are paid", async () => {
  const world = await readyWorld(["mac-1", "mac-2"]);
  const { hosts, instances } = await world.shown();
  const gone = hosts.find(({ tags }) => tags.Name === "mac-2");
  const instance = instances.find(({ hostId }) => hostId === gone?.hostId);
  const busyUntil = aws.now() + hour;
  world.runners.busyUntil.set(instance?.instanceId ?? "", busyUntil);
  world.policy = { ...world.policy, hosts: world.policy.hosts.slice(0, 1) };
  await world.until(async () => {
    const now = (await world.shown()).instances.find(({ instanceId }) => instanceId === instance?.instanceId);
    if (aws.now() < busyUntil) equal(now?.state, "running");
    return now?.state !== "running";
  }, 4);
  await world.until(async () => {
    const now = (await world.shown()).hosts.find(({ hostId }) => hostId === gone?.hostId);
    return now?.state === "released";
  }, 30);
  ok(aws.now() - (gone?.allocatedAt ?? 0) / 1000 >= 24 * hour);
  ok(world.told.some(({ reason }) => /no longer declared.*AWS takes it back at/.test(reason)));
  equal((await world.shown()).hosts.find(({ tags }) => tags.Name === "mac-1")?.state, "available");
});

describe("what is not this pool's", () => {
  test("is not touched, though it has the name of a declared host", async () => {
    const world = aws.world(["mac-1"]);
    const tags = [{ Key: "Name", Value: "mac-1" }];
    const TagSpecifications = [{ ResourceType: "dedicated-host" as const, Tags: tags }];
    const place = { AvailabilityZone: "us-west-2a", InstanceType: "mac2.metal", Quantity: 1 };
    const { HostIds = [] } = await aws.ec2.send(new AllocateHostsCommand({ ...place, TagSpecifications }));
    await world.until(async () => (await world.readyCount()) === 1, 6);
    const { hosts } = await world.shown();
    ok(hosts.every(({ hostId }) => hostId !== HostIds[0]));
  });

  test("stays on our host: an instance without the mark is neither ended nor joined", async () => {
    const world = aws.world(["mac-1"]);
    await world.until(async () => (await world.shown()).hosts.length === 1, 2);
    const HostId = (await world.shown()).hosts[0]?.hostId;
    const template = {
      LaunchTemplate: { LaunchTemplateName: templateName },
      Placement: { HostId, Tenancy: "host" as const },
    };
    await aws.ec2.send(new RunInstancesCommand({ ...template, MinCount: 1, MaxCount: 1 }));
    world.policy = { ...world.policy, hosts: [] };
    world.advance(26 * hour);
    const { actions } = await world.look();
    deepEqual(
      actions.map(({ kind }) => kind),
      ["wait"],
    );
    match(actions[0]?.reason ?? "", /something that is not this pool's is on it/);
  });
});

describe("when something cannot be reached", () => {
  test("a CI system that is down ends no Mac before its hard limit", async () => {
    const world = await readyWorld(["mac-1"]);
    world.runners.isDown = true;
    const end = aws.now() + 20 * hour;
    while (aws.now() < end) {
      const { actions, lookAgainAt } = await world.look();
      deepEqual(
        actions.filter(({ kind }) => kind !== "wait"),
        [],
      );
      world.advance(lookAgainAt - aws.now());
    }
    world.runners.isDown = false;
    equal(await world.readyCount(), 1);
  });

  test("an EC2 that throttles is not decided about", async () => {
    const world = await readyWorld(["mac-1"]);
    await aws.server.control("faults", { action: "DescribeInstances", effect: "throttle" });
    await rejects(world.look(), (error) => isFailure(error, "rate-limited"));
    await world.look();
  });

  for (const effect of ["lost-answer", "throttle", "server-error", "access-denied"]) {
    test(`a launch that meets ${effect} is asked for again: one instance`, async () => {
      const world = aws.world(["mac-1"]);
      await world.until(async () => (await world.shown()).hosts.length === 1, 2);
      world.advance(hour);
      await aws.server.control("faults", { action: "RunInstances", effect });
      await world.look();
      equal(world.told.findLast(({ kind }) => kind === "launch")?.result, "unknown");
      await world.until(async () => (await world.readyCount()) === 1, 3);
      await onlyInstance(world);
    });

    test(`an order of a host that meets ${effect} is given again: one host`, async () => {
      const world = aws.world(["mac-1"]);
      await world.look();
      world.advance(hour);
      await aws.server.control("faults", { action: "AllocateHosts", effect });
      await world.until(async () => (await world.readyCount()) === 1, 6);
      equal((await world.shown()).hosts.length, 1);
    });
  }
});

test("a dry look changes nothing, neither in AWS nor in the store", async () => {
  const world = aws.world(["mac-1"]);
  await world.look();
  world.advance(hour);
  const { signal } = new AbortController();
  const before = await world.store.load("fleet/macs");
  const { decision } = await consider(world.pool(), world.store, false, signal);
  deepEqual(
    decision.actions.map(({ kind }) => kind),
    ["allocate"],
  );
  deepEqual([await world.store.load("fleet/macs"), (await world.shown()).hosts], [before, []]);
});

test("only what is asked for is done", async () => {
  const world = aws.world(["mac-1"]);
  await world.look();
  world.advance(hour);
  await world.look({ only: new Set(["launch"]) });
  deepEqual((await world.shown()).hosts, []);
});

test("a controller that has forgotten everything ends no Mac for a set-up that was over long ago", async () => {
  const world = await readyWorld(["mac-1"]);
  world.advance(3 * hour);
  world.runners.mute.add(await onlyInstance(world));
  const forgetful = world.pool({ id: "fleet/forgotten" });
  deepEqual(
    (await world.look({}, forgetful)).actions.filter(({ kind }) => kind !== "wait").map(({ kind }) => kind),
    ["adopt"],
  );
});

test("each look adds to the ledger and to the utilization series", async () => {
  const world = await readyWorld(["mac-1"]);
  const instanceId = await onlyInstance(world);
  await world.look();
  world.runners.jobMarks.set(instanceId, "2026-01-02T03:04:05Z");
  world.advance(600);
  await world.look();
  const samples = await world.store.samples("fleet/macs", 0);
  deepEqual(samples.at(-1), { at: aws.now(), hosts: 1, ready: 1, busy: 0, jobsFinished: 1 });
  const [entry] = await world.store.ledger("fleet/macs");
  const { hosts } = await world.shown();
  equal(entry?.jobs, 1);
  equal(entry?.billedSeconds, aws.now() - Math.floor((hosts[0]?.allocatedAt ?? 0) / 1000));
});

test("a job that was seen by a look that was cut short is counted by the next one", async () => {
  const world = await readyWorld(["mac-1"]);
  world.runners.jobMarks.set(await onlyInstance(world), "2026-01-02T03:04:05Z");
  const { signal } = new AbortController();
  await underLease(world.pool(), world.store, "killed", async (lease) => {
    const { observed } = await consider(world.pool(), world.store, false, signal);
    await world.store.save(lease, observed.memory, []);
  });
  world.advance(600);
  await world.look({ only: new Set() });
  equal((await world.store.ledger("fleet/macs"))[0]?.jobs, 1);
  equal((await world.store.samples("fleet/macs", 0)).at(-1)?.jobsFinished, 1);
});

test("an end that should have come long ago is scheduled for soon", async () => {
  const world = await readyWorld(["mac-1"]);
  world.ends.at.clear();
  world.advance(60 * hour);
  await world.look();
  equal(world.ends.at.get(await onlyInstance(world)), aws.now() + 300);
});
