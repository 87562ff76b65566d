import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  AllocateHostsCommand,
  CreateLaunchTemplateCommand,
  DescribeHostsCommand,
  DescribeInstancesCommand,
  DescribeTagsCommand,
  EC2Client,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { createSimClock } from "../../../simulators/ec2-mac/clock.ts";
import { motoServer, startTestAws, type TestAws } from "./aws.ts";

let aws: TestAws;
let ec2: EC2Client;
before(async () => {
  aws = await startTestAws({ hostQuota: 50 });
  ec2 = new EC2Client({ region: "us-west-2", maxAttempts: 1 });
  const data = { ImageId: "ami-0123456789abcdef0", InstanceType: "mac2.metal" as const };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "stop", LaunchTemplateData: data }));
  const ends = { ...data, InstanceInitiatedShutdownBehavior: "terminate" as const };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "end", LaunchTemplateData: ends }));
});
after(async () => {
  ec2.destroy();
  await aws.close();
});

async function newHost(change: object = {}): Promise<string> {
  const order = { AvailabilityZone: "us-west-2a", InstanceType: "mac2.metal", Quantity: 1, ...change };
  const { HostIds = [] } = await ec2.send(new AllocateHostsCommand(order));
  return HostIds[0] ?? "";
}

async function hostOf(HostId: string) {
  const { Hosts = [] } = await ec2.send(new DescribeHostsCommand({ HostIds: [HostId] }));
  return Hosts[0];
}

async function instanceOf(InstanceId: string) {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
  return Reservations[0]?.Instances?.[0];
}

/** Launched by the control endpoint, and running. */
async function launched(hostId: string, launchTemplateName = "end"): Promise<string> {
  const { instanceId } = await aws.control("launch", { launchTemplateName, hostId });
  aws.clock.advance(120);
  return String(instanceId);
}

describe("the end of an instance from inside", () => {
  const cases = [
    { template: "end", during: "shutting-down", afterwards: "terminated" },
    { template: "stop", during: "stopping", afterwards: "stopped" },
  ];
  for (const { template, during, afterwards } of cases) {
    test(`goes by the shutdown behaviour: ${afterwards}`, async () => {
      const hostId = await newHost();
      const id = await launched(hostId, template);
      await aws.control("shutdown", { instanceId: id });
      equal((await instanceOf(id))?.State?.Name, during);
      aws.clock.advance(17 * 60);
      const instance = await instanceOf(id);
      equal(instance?.State?.Name, afterwards);
      equal(instance?.StateReason?.Code, "Client.InstanceInitiatedShutdown");
      equal((await hostOf(hostId))?.State, "pending");
    });
  }
});

test("a stopped instance starts again only when its host is through with scrubbing", async () => {
  const hostId = await newHost();
  const id = await launched(hostId);
  await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  const start = () => ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
  await rejects(start(), { name: "IncorrectInstanceState" });
  aws.clock.advance(3600);
  await rejects(start(), { name: "InsufficientCapacityOnHost" });
  aws.clock.advance(5 * 3600);
  await start();
  equal((await instanceOf(id))?.State?.Name, "pending");
});

test("a broken host is assessed, and stays broken without recovery", async () => {
  const hostId = await newHost();
  await aws.control("faults", { effect: "host-failure", hostId });
  equal((await hostOf(hostId))?.State, "under-assessment");
  aws.clock.advance(601);
  equal((await hostOf(hostId))?.State, "permanent-failure");
});

test("with recovery a broken host comes back under another id, with its tags and its instance", async () => {
  const TagSpecifications = [{ ResourceType: "dedicated-host" as const, Tags: [{ Key: "Name", Value: "phoenix" }] }];
  const hostId = await newHost({ HostRecovery: "on", TagSpecifications });
  const id = await launched(hostId);
  await aws.control("faults", { effect: "host-failure", hostId });
  aws.clock.advance(601);
  const { Hosts = [] } = await ec2.send(
    new DescribeHostsCommand({ Filter: [{ Name: "tag:Name", Values: ["phoenix"] }] }),
  );
  deepEqual(Hosts.map((host) => host.State).sort(), ["available", "released-permanent-failure"]);
  const successor = Hosts.find((host) => host.State === "available");
  notEqual(successor?.HostId, hostId);
  deepEqual(
    successor?.Instances?.map((instance) => instance.InstanceId),
    [id],
  );
});

test("without a host id only a host with auto-placement takes a launch", async () => {
  const launch = new RunInstancesCommand({
    LaunchTemplate: { LaunchTemplateName: "end" },
    Placement: { Tenancy: "host", AvailabilityZone: "us-west-2c" },
    MinCount: 1,
    MaxCount: 1,
  });
  await newHost({ AvailabilityZone: "us-west-2c", AutoPlacement: "off" });
  await rejects(ec2.send(launch), /You do not have a host with a matching configuration/);
  const open = await newHost({ AvailabilityZone: "us-west-2c", AutoPlacement: "on" });
  const { Instances = [] } = await ec2.send(launch);
  equal(Instances[0]?.Placement?.HostId, open);
});

test("other instances are moto's, and both show in one answer", async () => {
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: "ami-12c6146b", InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }),
  );
  const linux = Instances[0]?.InstanceId ?? "";
  const mac = await launched(await newHost());
  const both = { InstanceIds: [mac, linux] };
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(both));
  const ids = Reservations.flatMap((reservation) => reservation.Instances?.map((instance) => instance.InstanceId));
  deepEqual(ids.sort(), [mac, linux].sort());
  const onHosts = await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "tenancy", Values: ["host"] }] }));
  ok(onHosts.Reservations?.every((reservation) => reservation.Instances?.[0]?.Placement?.HostId));
  const { TerminatingInstances = [] } = await ec2.send(new TerminateInstancesCommand(both));
  equal(TerminatingInstances.length, 2);
  await rejects(ec2.send(new DescribeInstancesCommand({ InstanceIds: ["i-0fffffffffffffff0"] })), {
    name: "InvalidInstanceID.NotFound",
  });
});

test("tags of hosts show in DescribeTags beside those that moto holds", async () => {
  await newHost({ TagSpecifications: [{ ResourceType: "dedicated-host", Tags: [{ Key: "who", Value: "host" }] }] });
  const tags = {
    TagSpecifications: [{ ResourceType: "launch-template" as const, Tags: [{ Key: "who", Value: "template" }] }],
  };
  const LaunchTemplateData = { ImageId: "ami-1" };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "tagged", LaunchTemplateData, ...tags }));
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand({ Filters: [{ Name: "key", Values: ["who"] }] }));
  deepEqual(Tags.map((tag) => tag.Value).sort(), ["host", "template"]);
});

test("regions do not see each other's hosts", async () => {
  const hostId = await newHost();
  const elsewhere = new EC2Client({ region: "eu-west-1", maxAttempts: 1 });
  await rejects(elsewhere.send(new DescribeHostsCommand({ HostIds: [hostId] })), { name: "InvalidHostID.NotFound" });
  elsewhere.destroy();
});

test("the control endpoints move the clock and refuse what they do not know", async () => {
  const { now } = await aws.control("clock", { advanceSeconds: 3600 });
  equal(Date.parse(String(now)), aws.clock.now());
  await rejects(aws.control("clock", { speed: 2 }), /speed/);
  await rejects(aws.control("nowhere", {}), /no such control path/);
  await rejects(aws.control("faults", { action: "RunInstances", effect: "earthquake" }), /effect/);
});

describe("on its own", () => {
  const folder = mkdtempSync(join(tmpdir(), "ec2-mac-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("it keeps hosts over a restart, and ends moto with itself even when killed", async () => {
    const first = await serve(folder);
    const client = new EC2Client({ region: "us-west-2", endpoint: first.url, maxAttempts: 1 });
    const order = { AvailabilityZone: "us-west-2a", InstanceType: "mac2.metal", Quantity: 1 };
    const { HostIds = [] } = await client.send(new AllocateHostsCommand(order));
    client.destroy();
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    await gone(first.motoUrl);

    const second = await serve(folder);
    const again = new EC2Client({ region: "us-west-2", endpoint: second.url, maxAttempts: 1 });
    const { Hosts = [] } = await again.send(new DescribeHostsCommand({}));
    again.destroy();
    deepEqual(
      Hosts.map((host) => host.HostId),
      HostIds,
    );
    second.child.kill("SIGTERM");
    const [code] = await once(second.child, "exit");
    equal(code, 0);
    await gone(second.motoUrl);
  });

  test("it refuses a state file of somebody else", async () => {
    const stateFile = join(folder, "other.json");
    writeFileSync(stateFile, "{}");
    await rejects(
      startTestAws({ stateFile, clock: createSimClock({ rate: 0 }) }),
      /is not a state of simulators\/ec2-mac/,
    );
  });
});

/** Runs serve.ts until its ready file is there. */
async function serve(folder: string) {
  const readyFile = join(folder, "ready.json");
  rmSync(readyFile, { force: true });
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ motoServer: motoServer(), readyFile, stateFile: join(folder, "state.json") }));
  const deadline = Date.now() + 30_000;
  const script = fileURLToPath(new URL("../../../simulators/ec2-mac/serve.ts", import.meta.url));
  const child = spawn(process.execPath, [script, config], { stdio: ["ignore", "ignore", "inherit"] });
  after(() => child.kill("SIGKILL"));
  while (!existsSync(readyFile)) {
    ok(Date.now() < deadline && child.exitCode === null, "serve.ts does not get ready");
    await delay(20);
  }
  const { url, motoUrl } = JSON.parse(readFileSync(readyFile, "utf8")) as { url: string; motoUrl: string };
  return { child, url, motoUrl };
}

/** Waits until nothing answers at the address any more. */
async function gone(url: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (
    await fetch(url).then(
      () => true,
      () => false,
    )
  ) {
    ok(Date.now() < deadline, `${url} still answers`);
    await delay(20);
  }
}
