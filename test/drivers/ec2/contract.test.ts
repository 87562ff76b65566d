import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ec2Client } from "../../../drivers/ec2/client.ts";
import {
  allocateHosts,
  describeHosts,
  describeMacHosts,
  type HostOrder,
  modifyHosts,
  type ObservedHost,
  releaseHosts,
} from "../../../drivers/ec2/hosts.ts";
import {
  describeInstances,
  describeRootVolumeTasks,
  instanceChecks,
  replaceRootVolume,
  runOnHost,
  terminateInstances,
} from "../../../drivers/ec2/instances.ts";
import { tagResources } from "../../../drivers/ec2/tags.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { fleetMarkTag } from "../../../model/names.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";

let aws: TestAws;
let ec2: EC2Client;
let orders = 0;
const mark = { [fleetMarkTag]: "mobile-1a2b3c4d" };
const launchTemplateName = "macs";

before(async () => {
  aws = await startTestAws({ hostQuota: 200 });
  ec2 = ec2Client({ region: "us-west-2" });
  const LaunchTemplateData = {
    ImageId: "ami-0123456789abcdef0",
    InstanceType: "mac2.metal" as const,
    InstanceInitiatedShutdownBehavior: "terminate" as const,
    TagSpecifications: [{ ResourceType: "instance" as const, Tags: [{ Key: "automation", Value: "true" }] }],
  };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: launchTemplateName, LaunchTemplateData }));
});
after(async () => {
  ec2.destroy();
  await aws.close();
});

function order(change: Partial<HostOrder> = {}): HostOrder {
  orders += 1;
  const tags = { Name: `mac-${orders}`, ...mark };
  return {
    zone: "us-west-2a",
    instanceType: "mac2.metal",
    quantity: 1,
    clientToken: `order-${orders}`,
    tags,
    ...change,
  };
}

async function newHost(change: Partial<HostOrder> = {}): Promise<string> {
  const [hostId = ""] = await allocateHosts(ec2, order(change));
  return hostId;
}

async function host(hostId: string): Promise<ObservedHost> {
  const [found] = await describeHosts(ec2, { ids: [hostId] });
  ok(found);
  return found;
}

function launch(hostId: string, clientToken = `launch-${hostId}`) {
  return runOnHost(ec2, { hostId, launchTemplateName, clientToken, tags: { Name: "mac", ...mark } });
}

async function newInstance(): Promise<{ hostId: string; instanceId: string }> {
  const hostId = await newHost();
  const { instanceId } = await launch(hostId);
  aws.clock.advance(120);
  return { hostId, instanceId };
}

describe("hosts", () => {
  test("are allocated with tags and settings, and look so", async () => {
    const hostId = await newHost({
      tags: { Name: "mac-a", ...mark },
      autoPlacement: "off",
      hostRecovery: "off",
      hostMaintenance: "off",
    });
    deepEqual(await host(hostId), {
      hostId,
      name: "mac-a",
      state: "available",
      zone: "us-west-2a",
      instanceType: "mac2.metal",
      tags: { Name: "mac-a", ...mark },
      instanceIds: [],
      hasRoom: true,
      allocatedAt: new Date(aws.clock.now()),
      autoPlacement: "off",
      hostRecovery: "off",
      hostMaintenance: "off",
    });
  });

  test("are found by tags, wildcards and states", async () => {
    const [first, second] = [await newHost({ tags: { Name: "find-1" } }), await newHost({ tags: { Name: "find-2" } })];
    const ids = async (query: Parameters<typeof describeHosts>[1]) =>
      (await describeHosts(ec2, query)).map((it) => it.hostId);
    deepEqual(await ids({ tags: { Name: "find-*" } }), [first, second]);
    deepEqual(await ids({ tags: { Name: ["find-2", "other"] } }), [second]);
    deepEqual(await ids({ tags: { Name: "find-*" }, states: ["released"] }), []);
  });

  test("come from all pages", async () => {
    await allocateHosts(ec2, order({ quantity: 120, instanceType: "mac2-m2.metal", tags: { Name: "many" } }));
    equal((await describeHosts(ec2, { tags: { Name: "many" } })).length, 120);
  });

  test("change their settings", async () => {
    const hostId = await newHost();
    await modifyHosts(ec2, [hostId], { hostMaintenance: "off", autoPlacement: "off" });
    const { hostMaintenance, autoPlacement, hostRecovery } = await host(hostId);
    deepEqual([hostMaintenance, autoPlacement, hostRecovery], ["off", "off", "off"]);
    await rejects(
      modifyHosts(ec2, [hostId, "h-0fffffffffffffff0"], { hostMaintenance: "on" }),
      /h-0fffffffffffffff0: Client.InvalidHostID/,
    );
  });

  test("are tagged afterwards", async () => {
    const hostId = await newHost();
    await tagResources(ec2, [hostId], { PWPoolReady: "false" });
    equal((await host(hostId)).tags.PWPoolReady, "false");
  });

  test("say which macOS they can launch", async () => {
    const hostId = await newHost();
    const [found] = await describeMacHosts(ec2, [hostId]);
    deepEqual([found?.hostId, found?.macosVersions.includes("15.7.2")], [hostId, true]);
  });

  test("one that nobody knows is not found", async () => {
    await rejects(describeHosts(ec2, { ids: ["h-0fffffffffffffff0"] }), (error) => isFailure(error, "not-found"));
  });
});

describe("what AWS refuses", () => {
  test("more hosts than the quota", async () => {
    const failure = await allocateHosts(ec2, order({ quantity: 500 })).catch((error: unknown) => error);
    ok(isFailure(failure, "quota-exceeded"));
    match(failure.vendorText, /would bring your total up to 5\d\d for the specified group of instance types \(mac2\)/);
    match(failure.vendorText, /This exceeds your current limit of 200\./);
  });

  test("a Mac where there is none, after some attempts", async () => {
    await aws.control("faults", { action: "AllocateHosts", effect: "capacity", times: 5 });
    await rejects(newHost(), (error) => isFailure(error, "no-capacity"));
  });

  test("a launch on an occupied host", async () => {
    const { hostId } = await newInstance();
    const failure = await launch(hostId, "another").catch((error: unknown) => error);
    ok(isFailure(failure, "no-capacity"));
    match(failure.vendorText, new RegExp(`Dedicated host ${hostId} has insufficient capacity`));
  });

  test("a call without permission", async () => {
    await aws.control("faults", { action: "DescribeHosts", effect: "access-denied" });
    await rejects(describeHosts(ec2, {}), (error) => isFailure(error, "access-denied"));
  });

  test("a call too many, until it is asked again", async () => {
    await aws.control("faults", { action: "DescribeHosts", effect: "throttle", times: 2 });
    await describeHosts(ec2, { tags: { Name: "none" } });
    const hasty = new EC2Client({ region: "us-west-2", maxAttempts: 1 });
    await aws.control("faults", { action: "DescribeHosts", effect: "throttle" });
    await rejects(describeHosts(hasty, {}), (error) => isFailure(error, "rate-limited"));
    hasty.destroy();
  });

  test("a template that is not there", async () => {
    const hostId = await newHost();
    const missing = { hostId, launchTemplateName: "none", clientToken: "t", tags: {} };
    await rejects(runOnHost(ec2, missing), (error) => isFailure(error, "not-found"));
  });
});

describe("when the answer does not come", () => {
  test("a lost one is asked for again with the same token: one host", async () => {
    await aws.control("faults", { action: "AllocateHosts", effect: "lost-answer" });
    const hostId = await newHost({ tags: { Name: "lost" } });
    deepEqual(
      (await describeHosts(ec2, { tags: { Name: "lost" } })).map((it) => it.hostId),
      [hostId],
    );
  });

  test("a caller that gave up finds its instance by the same token", async () => {
    const hostId = await newHost();
    await aws.control("faults", { action: "RunInstances", effect: "slow-answer", delayMs: 60_000 });
    const patience = new AbortController();
    const launching = runOnHost(ec2, { hostId, launchTemplateName, clientToken: "slow", tags: mark }, patience.signal);
    const deadline = Date.now() + 5_000;
    while ((await host(hostId)).instanceIds.length === 0) ok(Date.now() < deadline);
    patience.abort();
    await rejects(launching, (error) => isFailure(error, "aborted"));
    const again = await runOnHost(ec2, { hostId, launchTemplateName, clientToken: "slow", tags: mark });
    deepEqual((await host(hostId)).instanceIds, [again.instanceId]);
  });

  test("a token with other arguments is refused", async () => {
    const first = order();
    await allocateHosts(ec2, first);
    await rejects(allocateHosts(ec2, { ...first, zone: "us-west-2b" }), (error) =>
      isFailure(error, "invalid-argument"),
    );
  });

  test("an API that is not there is unreachable", async () => {
    const nobody = ec2Client({ region: "us-west-2", endpoint: await closedPort() });
    await rejects(describeHosts(nobody, {}), (error) => isFailure(error, "unreachable"));
    nobody.destroy();
  });

  test("a signal that is aborted already stops everything", async () => {
    await rejects(describeHosts(ec2, {}, AbortSignal.abort()), (error) => isFailure(error, "aborted"));
  });
});

describe("a day in the life of a host", () => {
  test("launch, boot, end, scrub, free again, and back after 24 hours", async () => {
    const hostId = await newHost();
    const allocated = aws.clock.now();
    const { instanceId, state } = await launch(hostId);
    equal(state, "pending");
    equal((await host(hostId)).hasRoom, false);
    deepEqual(await instanceChecks(ec2, [instanceId]), []);

    aws.clock.advance(120);
    deepEqual(await instanceChecks(ec2, [instanceId]), [
      { instanceId, system: "initializing", instance: "initializing" },
    ]);
    aws.clock.advance(20 * 60);
    deepEqual(await instanceChecks(ec2, [instanceId]), [{ instanceId, system: "ok", instance: "ok" }]);
    const [seen] = await describeInstances(ec2, { hostIds: [hostId], states: ["running"] });
    deepEqual([seen?.instanceId, seen?.tags.automation, seen?.tags.Name], [instanceId, "true", "mac"]);

    await terminateInstances(ec2, [instanceId], mark);
    const states = new Map<string, number>();
    while (!(await host(hostId)).hasRoom) {
      const it = await host(hostId);
      const [instance] = await describeInstances(ec2, { ids: [instanceId] }).catch(() => []);
      const key = `${it.state}, ${instance?.state ?? "forgotten"}`;
      states.set(key, (states.get(key) ?? 0) + 5);
      aws.clock.advance(5 * 60);
    }
    deepEqual([...states.keys()], ["available, shutting-down", "pending, terminated", "pending, forgotten"]);
    const minutes = [...states.values()].reduce((sum, each) => sum + each);
    ok(minutes >= 100 && minutes <= 295, `${minutes} minutes from termination to free`);

    const [early] = await releaseHosts(ec2, [hostId], mark);
    ok(early && !early.released && early.reason === "lease");
    equal(early.releasableAt, new Date(allocated + 24 * 3600_000).toISOString());
    aws.clock.advance(24 * 3600);
    deepEqual(await releaseHosts(ec2, [hostId], mark), [{ hostId, released: true }]);
    equal((await host(hostId)).state, "released");
    deepEqual(
      (await releaseHosts(ec2, [hostId], mark)).map((it) => !it.released && it.reason),
      ["gone"],
    );
  });

  test("an occupied host is not taken back, a free one beside it is", async () => {
    const { hostId } = await newInstance();
    const free = await newHost();
    aws.clock.advance(24 * 3600);
    const results = await releaseHosts(ec2, [hostId, free], mark);
    deepEqual(
      results.map((it) => [it.hostId, it.released || it.reason]),
      [
        [free, true],
        [hostId, "occupied"],
      ],
    );
  });

  test("a new root volume boots a new image on the same host, without a scrub", async () => {
    const { hostId, instanceId } = await newInstance();
    aws.clock.advance(20 * 60);
    const imageId = "ami-0fedcba9876543210";
    const task = await replaceRootVolume(ec2, { instanceId, imageId, clientToken: "root" });
    equal(task.state, "pending");
    equal((await replaceRootVolume(ec2, { instanceId, imageId, clientToken: "root" })).taskId, task.taskId);
    aws.clock.advance(60);
    equal((await describeRootVolumeTasks(ec2, [instanceId]))[0]?.state, "in-progress");
    aws.clock.advance(8 * 60);
    equal((await describeRootVolumeTasks(ec2, [instanceId]))[0]?.state, "succeeded");
    equal((await instanceChecks(ec2, [instanceId]))[0]?.system, "initializing");
    const [instance] = await describeInstances(ec2, { ids: [instanceId] });
    deepEqual([instance?.imageId, instance?.hostId, instance?.state], [imageId, hostId, "running"]);
  });

  test("a root volume is not replaced under an instance that does not run, and a failed one changes no image", async () => {
    const hostId = await newHost();
    const { instanceId, imageId } = await launch(hostId);
    await rejects(replaceRootVolume(ec2, { instanceId, clientToken: "early" }), (error) =>
      isFailure(error, "not-running"),
    );
    aws.clock.advance(30 * 60);
    await aws.control("faults", { action: "CreateReplaceRootVolumeTask", effect: "failed-task" });
    await replaceRootVolume(ec2, { instanceId, imageId: "ami-0fedcba9876543210", clientToken: "doomed" });
    aws.clock.advance(30 * 60);
    equal((await describeRootVolumeTasks(ec2, [instanceId]))[0]?.state, "failed");
    equal((await describeInstances(ec2, { ids: [instanceId] }))[0]?.imageId, imageId);
  });
});

describe("what is not this fleet's", () => {
  const stranger = { [fleetMarkTag]: "somebody-else" };

  test("is neither released", async () => {
    const [ours, theirs] = [await newHost(), await newHost({ tags: stranger })];
    aws.clock.advance(24 * 3600);
    await rejects(releaseHosts(ec2, [ours, theirs], mark), (error) => isFailure(error, "not-ours"));
    deepEqual([(await host(ours)).state, (await host(theirs)).state], ["available", "available"]);
  });

  test("nor terminated", async () => {
    const { instanceId } = await newInstance();
    await rejects(terminateInstances(ec2, [instanceId], stranger), (error) => isFailure(error, "not-ours"));
    notEqual((await describeInstances(ec2, { ids: [instanceId] }))[0]?.state, "shutting-down");
  });
});

/** An address at which nothing listens: its port was free a moment ago. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
