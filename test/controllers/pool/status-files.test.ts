import { deepEqual, equal, match } from "node:assert/strict";
import { describe, test } from "node:test";
import type { Considered } from "../../../controllers/pool/look.ts";
import { earlierSetUpLine, outlookLine, outlookStatus, poolStatus } from "../../../controllers/pool/status.ts";
import { dhStatus, pwStatus } from "../../../controllers/pool/status-files.ts";
import { decide } from "../../../model/ec2-mac/decide.ts";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import { type PoolPolicy, policyDefaults } from "../../../model/ec2-mac/policy.ts";
import type { LifeRecord, PoolMemory, RunnerSighting, SeenHost, SeenInstance } from "../../../model/ec2-mac/types.ts";

const now = Date.parse("2026-01-02T03:04:05Z") / 1000;
const hour = 3600;
const mark = { "mac-runner-fleet:id": "mobile-1" };
const idle: RunnerSighting = { state: "registered", busy: false, accepting: true, jobsFinished: 5 };
const hosts: SeenHost[] = [];
const instances: SeenInstance[] = [];
const lives: LifeRecord[] = [];
const drains: Record<string, PoolMemory["drains"][string]> = {};

/** The next host, and what is on it. */
function host(change: Partial<SeenHost> = {}, instance?: Partial<SeenInstance>): string {
  const n = hosts.length + 1;
  const [hostId, instanceId, name] = [`h-${n}`, `i-${n}`, `MacM1-${n}`];
  const tags = { ...mark, Name: name, PWPoolReady: "true", ...change.tags };
  const place = { zone: "us-west-2a", instanceType: "mac2.metal", allocatedAt: now - 30 * hour };
  const instanceIds = instance ? [instanceId] : [];
  hosts.push({ hostId, name, state: "available", ...place, instanceIds, hasRoom: !instance, ...change, tags });
  if (!instance) return hostId;
  const born = { imageId: "ami-1", launchedAt: now - 10 * hour, checks: "ok", setUp: { state: "done" } } as const;
  const on = { instanceId, hostId, state: "running", runner: idle, ...born, ...instance };
  instances.push({ ...on, tags: { ...mark, Name: name, PWPoolReady: "true", ...instance.tags } });
  return hostId;
}

const running: SeenInstance["setUp"] = { state: "running", startedAt: now - 12 * 60 };
const absent: RunnerSighting = { state: "absent" };

host({}, {});
host({ state: "pending", hasRoom: false });
host({ tags: { PWPoolReady: "false" } });
host({});
host({ tags: { PWPoolReady: "" } });
lives.push({
  kind: "launch",
  clientToken: "t",
  hostId: host({}),
  imageId: "ami-1",
  askedAt: now - 60,
  result: "refused",
});
host({ state: "under-assessment" });
host({ state: "permanent-failure" });
host({}, { tags: { Name: "another" } });
host({}, { launchedAt: now - 12 * 60, setUp: running, runner: absent });
host({}, { launchedAt: now - 5 * 60, checks: "initializing", setUp: { state: "none" }, runner: absent });
host({}, { tags: { PWPoolReady: "false" } });
host({}, { runner: { ...idle, busy: true, accepting: false } });
drains["i-13"] = { since: now - hour, answered: true, way: "terminate", why: "old" };
host({}, { runner: absent });
host({}, { runner: { state: "unknown", why: "no route" } });
host({}, { launchedAt: now - 26 * hour });
host({}, { launchedAt: now - 50 * hour });
host({}, { runner: { ...idle, busy: true } });

const declared = [...hosts.map(({ name, zone }) => ({ name, zone })), { name: "MacM1-19", zone: "us-west-2a" }];
const policy: PoolPolicy = {
  ...policyDefaults,
  mark,
  hosts: declared,
  hostTags: {},
  zones: ["us-west-2a"],
  instanceTypes: ["mac2.metal"],
  imageId: "ami-1",
  seed: 1,
  floor: 9,
  promisedReady: 9,
};
const memory = { ...emptyMemory, since: now - 9 * hour, lives, drains };
const observed = { hosts, instances, rootVolumeTasks: [], memory, forceStart: false };
const considered: Considered = {
  observed,
  policy,
  now,
  before: observed.memory,
  decision: decide(observed, policy, now),
};

describe("the reference pool's status files", () => {
  test("dh_status.txt", () => {
    equal(
      dhStatus(considered),
      `# LaunchInstances.sh run 2026-01-02T03:04:05+00:00
#
MacM1-1 i-1 2026-01-01T17:04:05+00:00
MacM1-10 i-10 2026-01-02T02:52:05+00:00
MacM1-11 i-11 2026-01-02T02:59:05+00:00
MacM1-12 i-12 2026-01-01T17:04:05+00:00
MacM1-13 i-13 2026-01-01T17:04:05+00:00
MacM1-14 i-14 2026-01-01T17:04:05+00:00
MacM1-15 i-15 2026-01-01T17:04:05+00:00
MacM1-16 i-16 2026-01-01T01:04:05+00:00
MacM1-17 i-17 2025-12-31T01:04:05+00:00
MacM1-18 i-18 2026-01-01T17:04:05+00:00
# MacM1-19 HOST ERROR: Failed to look up dedicated host.
# MacM1-2 HOST BUSY: pending
# MacM1-3 HOST DISABLED: PWPoolReady==false
# MacM1-4 HOST THROTTLE: Inst. creation delayed until 2026-01-02T03:36:58+00:00
# MacM1-5 HOST ERROR: Empty/null/failed JSON query of PWPoolReady tag.
# MacM1-6 INST ERROR: Failed to create new instance on available host.
# MacM1-7 HOST BUSY: under-assessment
# MacM1-8 HOST ERROR: Unsupported dedicated host state
# MacM1-9 INST ERROR: Instance name does not match.
`,
    );
  });

  test("pw_status.txt", () => {
    equal(
      pwStatus(considered),
      `# SetupInstances.sh run 2026-01-02T03:04:05+00:00
#
MacM1-1 complete alive 5 5
MacM1-10 started error 0 0 # Setup incomplete;  Running for 12 minutes (~10 typical)
MacM1-11 error error 0 0 # Instance is booting.
MacM1-12 disabled disabled 5 5
MacM1-13 complete alive 6 5
MacM1-14 complete dead 0 0
MacM1-15 complete error 0 0
MacM1-16 complete alive 5 5 # Instance alive longer than soft max.  Investigation recommended.
MacM1-17 error error 5 5 # Excess instance lifetime; 120m past hard max limit.
MacM1-18 complete alive 6 5
`,
    );
  });
});

test("the table has every host once, and what comes next", () => {
  const rows = poolStatus("macs", considered);
  deepEqual(
    rows.map(({ host, state, stage, runner }) => [host, state, stage, runner].join(" ")),
    [
      "MacM1-1 available ready idle",
      "MacM1-2 pending scrubbing ",
      "MacM1-3 available out ",
      "MacM1-4 available free ",
      "MacM1-5 available out ",
      "MacM1-6 available free ",
      "MacM1-7 under-assessment assessing ",
      "MacM1-8 permanent-failure failed ",
      "MacM1-9 available mismatched idle",
      "MacM1-10 available setting-up absent",
      "MacM1-11 available booting absent",
      "MacM1-12 available out idle",
      "MacM1-13 available draining draining",
      "MacM1-14 available gone absent",
      "MacM1-15 available unseen unknown",
      "MacM1-16 available ready idle",
      "MacM1-17 available ready idle",
      "MacM1-18 available ready busy",
      "MacM1-19 missing  ",
    ],
  );
  const next = (host: string) => rows.find((row) => row.host === host)?.next ?? "";
  match(next("MacM1-4"), /^next launch at 2026-01-02 03:36 UTC: one every 38 min keeps lifetimes apart$/);
  match(next("MacM1-14"), /^its runner is absent/);
  match(next("MacM1-17"), /^terminate: 2\.1 days old, and 2 days is the hard limit$/);
  match(next("MacM1-19"), /^allocate: no host has its name$/);
});

test("the outlook says what is promised, what is expected, and which hosts are why it is too little", () => {
  const few = { ...considered, policy: { ...considered.policy, promisedReady: 10 } };
  match(
    outlookLine("macs", few),
    /^Pool macs, ready runners in the next 24 h: 10 promised, \d expected at the fewest\.\n {2}Too few from 2026-01-02 03:04 UTC: .*MacM1-2, its host is scrubbed, until 2026-01-02 0\d:\d\d UTC; .*MacM1-3, somebody has taken it out of service; .*\.$/,
  );
  const { short, ready } = outlookStatus("macs", few);
  equal(ready.length, 24);
  deepEqual(
    short?.out.find(({ host }) => host === "MacM1-19"),
    { host: "MacM1-19", why: "it has no host" },
  );
  match(outlookLine("macs", { ...considered, policy: { ...considered.policy, promisedReady: 0 } }), /fewest\.$/);
});

test("Macs that the last deployment's set-up has not reached are named", () => {
  equal(earlierSetUpLine("macs", considered), undefined);
  const deployed = { ...considered, policy: { ...considered.policy, setUpScript: "ab".repeat(32) } };
  match(
    earlierSetUpLine("macs", deployed) ?? "",
    /^Pool macs, set up as before the last deployment until their next life: MacM1-1, /,
  );
  const words = (one: Considered) =>
    poolStatus("macs", one).map(({ machine, setUp }) => `${machine ? "a machine" : "none"}: ${setUp}`);
  deepEqual(new Set(words(considered)), new Set(["a machine: newest", "none: "]));
  deepEqual(new Set(words(deployed)), new Set(["a machine: earlier", "none: "]));
});
