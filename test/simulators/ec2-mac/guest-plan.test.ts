import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { planGuests } from "../../../simulators/ec2-mac/guest/plan.ts";
import { emptyState, type RootVolumeTask, type SimHost, type SimInstance } from "../../../simulators/ec2-mac/state.ts";

const place = { hostId: "h-1", region: "us-west-2", instanceType: "mac2.metal", tags: {} };
const host: SimHost = {
  ...place,
  zone: "us-west-2a",
  autoPlacement: "off",
  hostRecovery: "off",
  hostMaintenance: "off",
  allocatedAt: 0,
};
const instance: SimInstance = {
  ...place,
  instanceId: "i-1",
  imageId: "ami-1",
  shutdownBehavior: "terminate",
  subnetId: "subnet-1",
  vpcId: "vpc-1",
  securityGroupIds: [],
  metadataOptions: {},
  privateIp: "10.0.0.1",
  launchedAt: 100,
  runningFrom: 200,
  bootedFrom: 900,
};
const task: RootVolumeTask = {
  taskId: "replacevol-1",
  instanceId: "i-1",
  region: "us-west-2",
  deleteReplacedRootVolume: true,
  tags: {},
  startedAt: 1000,
  runsFrom: 1010,
  endsAt: 1200,
  bootedFrom: 1800,
  fails: false,
};
const ended = (kind: "stop" | "terminate") => ({ ending: { kind, reason: "", from: 1000, until: 1100 } });

interface Case {
  name: string;
  now: number;
  host?: Partial<SimHost>;
  instance?: Partial<SimInstance>;
  tasks?: RootVolumeTask[];
  expect: string;
}

const cases: Case[] = [
  { name: "before it runs", now: 150, expect: "down launch h-1/100" },
  { name: "from running on, while it still boots", now: 250, expect: "up launch h-1/100" },
  { name: "a task that waits changes nothing", now: 1005, tasks: [task], expect: "up launch h-1/100" },
  { name: "while its root volume is replaced", now: 1100, tasks: [task], expect: "down launch h-1/100" },
  { name: "a new root volume, the same internal disk", now: 1200, tasks: [task], expect: "up replacevol-1 h-1/100" },
  { name: "a replacement that failed", now: 1200, tasks: [{ ...task, fails: true }], expect: "up launch h-1/100" },
  { name: "shutting down", now: 1050, instance: ended("terminate"), expect: "down launch h-1/100" },
  { name: "terminated: nothing is left", now: 1100, instance: ended("terminate"), expect: "" },
  { name: "stopped: its root volume stays", now: 1100, instance: ended("stop"), expect: "down launch h-1/100" },
  { name: "started again, after a scrub", now: 5000, instance: { launchedAt: 4000 }, expect: "up launch h-1/4000" },
  {
    name: "on a host that AWS checks",
    now: 2000,
    host: { failure: { from: 1900, permanentFrom: 2500 } },
    expect: "down launch h-1/100",
  },
  {
    name: "on the host that took its place",
    now: 3000,
    instance: { hostId: "h-2" },
    host: { hostId: "h-2" },
    expect: "up launch h-2/100",
  },
];
for (const { name, now, expect, tasks = [], ...change } of cases) {
  test(`a Mac ${name}`, () => {
    const state = { ...emptyState(), tasks };
    state.hosts.push({ ...host, ...change.host });
    state.instances.push({ ...instance, ...change.instance });
    const plans = planGuests(state, now).map((it) => `${it.isUp ? "up" : "down"} ${it.rootVolume} ${it.internalDisk}`);
    equal(plans.join(), expect);
  });
}

test("an empty account has no Macs", () => deepEqual(planGuests(emptyState(), 0), []));
