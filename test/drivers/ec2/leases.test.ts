import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { CreateLaunchTemplateCommand, DeleteTagsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { ListSchedulesCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { ec2Client } from "../../../drivers/ec2/client.ts";
import { allocateHosts, describeHosts } from "../../../drivers/ec2/hosts.ts";
import { describeInstances, runOnHost } from "../../../drivers/ec2/instances.ts";
import { giveBackHosts, keepHosts, waitingLeases } from "../../../drivers/ec2/leases.ts";
import { ensureLeasesRole, leasesRoleName } from "../../../drivers/ec2/leases-role.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { leavingTag, poolMark } from "../../../model/ec2-mac/lease-mark.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";

const region = "us-west-2";
const fleetId = "mobile-1a2b3c4d";
const mark = poolMark(fleetId, "macs");
const hour = 3600;

let aws: TestAws;
let ec2: EC2Client;
let iam: IAMClient;
let scheduler: SchedulerClient;
before(async () => {
  aws = await startTestAws();
  ec2 = ec2Client({ region });
  iam = new IAMClient({ region });
  scheduler = new SchedulerClient({ region });
  const LaunchTemplateData = { ImageId: "ami-0123456789abcdef0", InstanceType: "mac2.metal" as const };
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "macs", LaunchTemplateData }));
});
after(async () => {
  for (const client of [ec2, iam, scheduler]) client.destroy();
  await aws.close();
});
beforeEach(forgetRole);

async function forgetRole(): Promise<void> {
  const role = { RoleName: leasesRoleName };
  await iam.send(new DeleteRolePolicyCommand({ ...role, PolicyName: "give-back" })).catch(() => undefined);
  await iam.send(new DeleteRoleCommand(role)).catch(() => undefined);
}

async function newHost(tags = mark): Promise<string> {
  const order = { zone: "us-west-2a", instanceType: "mac2.metal", quantity: 1, clientToken: crypto.randomUUID() };
  const [hostId = ""] = await allocateHosts(ec2, { ...order, tags: { Name: "mac", ...tags } });
  return hostId;
}

/** An instance that runs. */
async function launched(hostId: string, tags = mark): Promise<string> {
  const order = { hostId, launchTemplateName: "macs", clientToken: crypto.randomUUID(), tags };
  const { instanceId } = await runOnHost(ec2, order);
  aws.clock.advance(120);
  return instanceId;
}

const pool = (...hostIds: string[]) => ({ region, fleetId, pool: "macs", hostIds });

async function hostState(hostId: string): Promise<string> {
  const hosts = await describeHosts(ec2, {});
  return hosts.find((host) => host.hostId === hostId)?.state ?? "forgotten";
}

async function instanceState(instanceId: string): Promise<string> {
  const [instance] = await describeInstances(ec2, { ids: [instanceId] });
  return instance?.state ?? "";
}

async function schedulesOf(hostId: string): Promise<string[]> {
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({ NamePrefix: hostId }));
  return Schedules.map(({ Name = "" }) => Name);
}

/** The time at which AWS took the host, in seconds after its allocation. */
async function releasedAfter(hostId: string): Promise<number> {
  const answer = await fetch(`${aws.url}/_sim/state`);
  const { hosts } = (await answer.json()) as { hosts: { hostId: string; allocatedAt: number; releasedAt: number }[] };
  const host = hosts.find((item) => item.hostId === hostId);
  return host ? (host.releasedAt - host.allocatedAt) / 1000 : Number.NaN;
}

test("an empty host that is paid for is released at once, and nothing is left behind", async () => {
  const hostId = await newHost();
  aws.clock.advance(25 * hour);
  const [given] = await giveBackHosts(pool(hostId), 0);
  equal(given?.result, "released");
  equal(await hostState(hostId), "released");
  deepEqual(await schedulesOf(hostId), []);
  await rejects(iam.send(new GetRolePolicyCommand({ RoleName: leasesRoleName, PolicyName: "give-back" })));
});

test("in the first hours, with an instance on it: ended now, released at the first moment, long after this program", async () => {
  const hostId = await newHost();
  const instanceId = await launched(hostId);
  const [given] = await giveBackHosts(pool(hostId), 0);
  equal(given?.result, "waiting");
  match(given?.reason ?? "", /^AWS takes it back at .* at the earliest, in 24 h; its instance i-\w+ is running$/);
  equal(await instanceState(instanceId), "shutting-down");
  aws.clock.advance(23 * hour);
  notReleased(await hostState(hostId));
  aws.clock.advance(2 * hour);
  equal(await hostState(hostId), "released");
  const seconds = await releasedAfter(hostId);
  ok(seconds >= 24 * hour && seconds <= 24 * hour + 121, `released after ${seconds} s`);
  aws.clock.advance(5 * 24 * hour);
  deepEqual(await schedulesOf(hostId), []);
});

test("a running instance may finish its jobs where somebody watches it", async () => {
  const hostId = await newHost();
  const instanceId = await launched(hostId);
  await giveBackHosts(pool(hostId), 2 * hour);
  deepEqual(await schedulesOf(hostId), [hostId, `${hostId}-end`]);
  aws.clock.advance(2 * hour - 60);
  equal(await instanceState(instanceId), "running");
  aws.clock.advance(120);
  equal(await instanceState(instanceId), "shutting-down");
  aws.clock.advance(24 * hour);
  equal(await hostState(hostId), "released");
});

test("a scrubbing host that is paid for is taken back as it is", async () => {
  const hostId = await newHost();
  await launched(hostId);
  aws.clock.advance(25 * hour);
  await giveBackHosts(pool(hostId), 0);
  aws.clock.advance(31 * 60);
  equal(await hostState(hostId), "released");
});

describe("what is not this pool's", () => {
  test("a host without the mark is left alone", async () => {
    const other = await newHost(poolMark(fleetId, "others"));
    aws.clock.advance(25 * hour);
    const [given] = await giveBackHosts(pool(other), 0);
    equal(given?.result, "left-alone");
    equal(await hostState(other), "available");
    deepEqual((await describeHosts(ec2, { ids: [other] }))[0]?.tags[leavingTag], undefined);
  });

  test("somebody's instance on our host is never ended; the host waits and says for what", async () => {
    const hostId = await newHost();
    const instanceId = await launched(hostId, poolMark("somebody", "macs"));
    await giveBackHosts(pool(hostId), 0);
    aws.clock.advance(26 * hour);
    equal(await instanceState(instanceId), "running");
    const [lease] = await waitingLeases(region, { fleetId });
    match(lease?.reason ?? "", new RegExp(`^${instanceId}, which is not this pool's, is on it and is left alone$`));
    ok(Number(lease?.overdueSeconds) > hour);
    aws.clock.advance(5 * 24 * hour);
    match((await waitingLeases(region, { fleetId }))[0]?.reason ?? "", /Nothing tries to release it/);
    await ec2.send(new DeleteTagsCommand({ Resources: [hostId], Tags: [{ Key: leavingTag }] }));
  });

  test("a role of the same name is not taken over", async () => {
    await iam.send(new CreateRoleCommand({ RoleName: leasesRoleName, AssumeRolePolicyDocument: "{}" }));
    const hostId = await newHost();
    await rejects(giveBackHosts(pool(hostId), 0), (error) => isFailure(error, "not-ours"));
    await forgetRole();
    await giveBackHosts(pool(hostId), 0);
    aws.clock.advance(25 * hour);
  });
});

test("hosts that are gone already are no failure", async () => {
  const [given] = await giveBackHosts(pool(await newHost(), "h-0fffffffffffffff0"), 0);
  equal(given?.result, "waiting");
  aws.clock.advance(25 * hour);
});

test("a role that AWS has not heard of yet is waited for, and may do no more than it must", async () => {
  await aws.control("faults", { action: "CreateSchedule", effect: "role-not-ready" });
  const hostId = await newHost();
  await giveBackHosts(pool(hostId), 0);
  deepEqual(await schedulesOf(hostId), [hostId]);
  const policy = { RoleName: leasesRoleName, PolicyName: "give-back" };
  const { PolicyDocument = "" } = await iam.send(new GetRolePolicyCommand(policy));
  const [statement] = JSON.parse(decodeURIComponent(PolicyDocument)).Statement;
  deepEqual(statement.Action, ["ec2:ReleaseHosts", "ec2:TerminateInstances"]);
  deepEqual(statement.Condition, { Null: { [`aws:ResourceTag/${leavingTag}`]: "false" } });
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: leasesRoleName }));
  const trust = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).Statement[0];
  deepEqual(trust.Condition, { StringEquals: { "aws:SourceAccount": Role?.Arn?.split(":")[4] } });
  aws.clock.advance(25 * hour);
});

test("a role of an older version is for this account alone after the next run", async () => {
  const Statement = [{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" }];
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await ensureLeasesRole(region);
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: leasesRoleName, PolicyDocument }));
  await ensureLeasesRole(region);
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: leasesRoleName }));
  match(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""), /aws:SourceAccount/);
});

test("what waits is listed with its times, and forgotten once it is released or kept", async () => {
  const [hostId, kept] = [await newHost(), await newHost()];
  const allocatedAt = Math.ceil(aws.clock.now() / 1000);
  await giveBackHosts(pool(hostId, kept), 0);
  const leases = await waitingLeases(region, { fleetId, pool: "macs" });
  deepEqual(leases.map((lease) => lease.hostId).toSorted(), [hostId, kept].toSorted());
  const { releasableAt, until, overdueSeconds, name } = leases[0] ?? {};
  deepEqual(
    { releasableAt, until, overdueSeconds, name },
    {
      releasableAt: allocatedAt + 24 * hour + 120,
      until: allocatedAt + 5 * 24 * hour + 120,
      overdueSeconds: 0,
      name: "mac",
    },
  );
  deepEqual(await waitingLeases(region, { fleetId: "another" }), []);
  await keepHosts(pool(kept));
  deepEqual(await schedulesOf(kept), []);
  aws.clock.advance(25 * hour);
  deepEqual(await waitingLeases(region), []);
  deepEqual([await hostState(hostId), await hostState(kept)], ["released", "available"]);
});

test("a crash after any call is finished by the next run", async () => {
  let calls = 0;
  for (let crashAfter = 0; ; crashAfter += 1) {
    await forgetRole();
    const hostId = await newHost();
    const instanceId = await launched(hostId);
    const made = await runThatDies(crashAfter, (signal) => giveBackHosts(pool(hostId), 0, signal));
    await giveBackHosts(pool(hostId), 0);
    aws.clock.advance(25 * hour);
    equal(await hostState(hostId), "released", `after a crash at call ${crashAfter}`);
    const { instances } = (await (await fetch(`${aws.url}/_sim/state`)).json()) as {
      instances: { instanceId: string }[];
    };
    ok(instances.every((instance) => instance.instanceId !== instanceId));
    aws.clock.advance(5 * 24 * hour);
    deepEqual(await schedulesOf(hostId), []);
    calls = made;
    if (made < crashAfter) break;
  }
  ok(calls >= 9, `only ${calls} calls were cut`);
});

function notReleased(state: string): void {
  ok(!state.startsWith("released"), `it is ${state}`);
}

/** Runs the work, whose call number `last` is done without an answer, and which is dead then. Gives the calls it made. */
async function runThatDies(last: number, work: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  let calls = 0;
  const death = new AbortController();
  const proxy = createServer((incoming, outgoing) => {
    const isLast = calls === last;
    calls += 1;
    const { url, method, headers } = incoming;
    const forwarded = request(new URL(url ?? "/", aws.url), { method, headers }, (answer) => {
      if (isLast) death.abort();
      if (death.signal.aborted) outgoing.destroy();
      else answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers));
    });
    incoming.pipe(forwarded);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  try {
    await work(death.signal).catch((error) => ok(isFailure(error, "aborted") || error.name === "AbortError", error));
  } finally {
    process.env.AWS_ENDPOINT_URL = aws.url;
    proxy.closeAllConnections();
    proxy.close();
  }
  return calls;
}
