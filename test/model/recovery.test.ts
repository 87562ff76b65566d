import assert from "node:assert/strict";
import { test } from "node:test";
import { leftovers, planImports, type SeenProcess } from "../../model/recovery.ts";

const folder = "/home/dev/fleet";
const provider = `node ${folder}/node_modules/@pulumi/pulumi/cmd/dynamic-provider 127.0.0.1:1`;

const cases: { name: string; processes: SeenProcess[]; expect: number[] }[] = [
  {
    name: "a provider whose engine is gone is left over",
    processes: [{ pid: 10, parentPid: 1, command: provider }],
    expect: [10],
  },
  {
    name: "one below a running engine is at work",
    processes: [
      { pid: 5, parentPid: 1, command: "/opt/bin/pulumi up --stack staging" },
      { pid: 9, parentPid: 5, command: "/bin/sh /opt/bin/pulumi-resource-pulumi-nodejs 127.0.0.1:1" },
      { pid: 10, parentPid: 9, command: provider },
    ],
    expect: [],
  },
  {
    name: "below a session manager that adopted it, it is left over all the same",
    processes: [
      { pid: 2, parentPid: 1, command: "/usr/lib/systemd/systemd --user" },
      { pid: 10, parentPid: 2, command: provider },
    ],
    expect: [10],
  },
  {
    name: "another checkout's provider is not ours to end",
    processes: [{ pid: 10, parentPid: 1, command: provider.replace(folder, "/home/dev/fleet-2") }],
    expect: [],
  },
  {
    name: "other programs of this checkout are let alone",
    processes: [{ pid: 10, parentPid: 1, command: `node ${folder}/simulators/sandbox/serve.ts` }],
    expect: [],
  },
  {
    name: "a program and its language host are left over too",
    processes: [
      { pid: 10, parentPid: 1, command: `node ${folder}/tools/language-host/main.ts 127.0.0.1:1` },
      { pid: 11, parentPid: 10, command: `node ${folder}/node_modules/@pulumi/pulumi/cmd/run --monitor m .` },
    ],
    expect: [10, 11],
  },
];
for (const { name, processes, expect } of cases)
  test(name, () =>
    assert.deepEqual(
      leftovers(processes, folder).map(({ pid }) => pid),
      expect,
    ),
  );

const urn = (types: string, name: string) => `urn:pulumi:local::mac-runner-fleet::${types}::${name}`;
const pool = urn("mac-runner-fleet:ec2-mac:Pool", "macm1");
const host = urn("mac-runner-fleet:ec2-mac:Pool$aws:ec2/dedicatedHost:DedicatedHost", "macm1-MacM1-1");
const aws = `${urn("pulumi:providers:aws", "default_7_48_0")}::some-id`;
const plannedHost = { urn: host, type: "aws:ec2/dedicatedHost:DedicatedHost", parent: pool, provider: aws };

test("a host is imported under its recorded pool, with the version of its provider", () => {
  assert.deepEqual(planImports([plannedHost], new Map([[host, "h-1"]])), {
    nameTable: { macm1: pool },
    resources: [{ type: plannedHost.type, name: "macm1-MacM1-1", parent: "macm1", id: "h-1", version: "7.48.0" }],
  });
});

test("a pool that is not recorded either comes along, before its host", () => {
  const stack = urn("pulumi:pulumi:Stack", "mac-runner-fleet-local");
  const plannedPool = { urn: pool, type: "mac-runner-fleet:ec2-mac:Pool", parent: stack };
  const plan = planImports([plannedHost, plannedPool], new Map([[host, "h-1"]]));
  assert.deepEqual(plan.nameTable, {});
  assert.deepEqual(
    plan.resources.map(({ name }) => name),
    ["macm1", "macm1-MacM1-1"],
  );
});

test("a resource of a provider of its own is imported by that one", () => {
  const group = urn("github:index/actionsRunnerGroup:ActionsRunnerGroup", "github-runners");
  const own = urn("pulumi:providers:github", "github-access");
  const planned = { urn: group, type: "github:index/actionsRunnerGroup:ActionsRunnerGroup", provider: `${own}::id` };
  assert.deepEqual(planImports([planned], new Map([[group, "7"]])), {
    nameTable: { "github-access": own },
    resources: [{ type: planned.type, name: "github-runners", id: "7", provider: "github-access" }],
  });
});

test("what does not exist is not imported", () => {
  assert.deepEqual(planImports([plannedHost], new Map()), { nameTable: {}, resources: [] });
});
