import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { buildkiteRunners } from "../../../controllers/pool/buildkite-runners.ts";
import { githubPoolRunners } from "../../../controllers/pool/github-runners.ts";
import { outcomeOf } from "../../../controllers/pool/outcome.ts";
import { poolPolicy } from "../../../controllers/pool/policy.ts";
import { isRunnerOf } from "../../../controllers/pool/runners.ts";
import type { AgentFilter, BuildkiteAgent, BuildkiteAgents } from "../../../drivers/buildkite/agents.ts";
import { DriverError, type FailureKind } from "../../../drivers/errors.ts";
import type { GithubRunner, GithubRunners } from "../../../drivers/github/runners.ts";
import type { RunnerSighting } from "../../../model/ec2-mac/types.ts";
import { planEc2MacPool } from "../../../model/plan/ec2-mac.ts";
import type { AlertSettings, Ec2MacImageSettings, Ec2MacPoolSettings } from "../../../model/settings.ts";

const { signal } = new AbortController();

describe("what a failed action means", () => {
  const cases: [FailureKind, ReturnType<typeof outcomeOf>["result"]][] = [
    ["no-capacity", "no-capacity"],
    ["quota-exceeded", "quota-exceeded"],
    ["timeout", "unknown"],
    ["aborted", "unknown"],
    ["unreachable", "unknown"],
    ["rate-limited", "unknown"],
    ["access-denied", "unknown"],
    ["invalid-argument", "failed"],
    ["not-found", "failed"],
    ["not-ours", "failed"],
    ["in-use", "failed"],
    ["failed", "failed"],
  ];
  for (const [kind, result] of cases)
    test(kind, () => equal(outcomeOf(new DriverError("launch", { kind })).result, result));

  test("a server's own failure may have come after the deed", () => {
    const cause = Object.assign(new Error("InternalError"), { $fault: "server" });
    equal(outcomeOf(new DriverError("launch", { kind: "failed", cause })).result, "unknown");
  });

  test("a mistake of ours is no outcome", () => {
    throws(() => outcomeOf(new TypeError("x is not a function")), TypeError);
  });
});

describe("whose runner it is", () => {
  const cases: [string, boolean][] = [
    ["i-0abc", true],
    ["mac-1-i-0abc", true],
    ["mac-1-i-0abc-2", true],
    ["mac-1-i-0abcd", false],
    ["mac-1", false],
    ["xi-0abc", false],
  ];
  for (const [name, expected] of cases) test(name, () => equal(isRunnerOf(name, "i-0abc"), expected));
});

function agent(change: Partial<BuildkiteAgent>): BuildkiteAgent {
  const empty = { hostname: "", version: "", tags: [], jobId: undefined, lastJobFinishedAt: undefined };
  const rest = { createdAt: undefined, paused: false, pausedNote: undefined };
  return { id: "a", name: "mac-1-i-1", state: "connected", ...empty, ...rest, ...change };
}

describe("Buildkite agents", () => {
  const stopped: [string, boolean][] = [];
  const asked: (string | undefined)[] = [];
  const runners = (...listed: BuildkiteAgent[]) =>
    buildkiteRunners({
      list: async ({ name }: AgentFilter) => {
        asked.push(name);
        return listed;
      },
      stop: async (id: string, { force }: { force: boolean }) => void stopped.push([id, force]),
    } as Partial<BuildkiteAgents> as BuildkiteAgents);
  const here = { state: "registered", jobsFinished: 0, jobMark: "" } as const;
  const idle = { busy: false, accepting: true };
  const cases: [string, Partial<BuildkiteAgent>, RunnerSighting][] = [
    ["one that waits", {}, { ...here, busy: false, accepting: true }],
    ["one at work", { jobId: "j" }, { ...here, busy: true, accepting: true }],
    ["one told to stop", { state: "stopping", jobId: "j" }, { ...here, busy: true, accepting: false }],
    ["one that a person paused", { paused: true }, { ...here, busy: false, accepting: true }],
    ["one that has done a job", { lastJobFinishedAt: "2026" }, { ...here, ...idle, jobsFinished: 1, jobMark: "2026" }],
    ["another Mac's", { name: "mac-2-i-2" }, { state: "absent" }],
  ];
  for (const [name, change, expected] of cases)
    test(name, async () => deepEqual((await runners(agent(change)).look(["i-1"], signal)).get("i-1"), expected));

  test("are drained without cancelling their job, and nobody else's", async () => {
    await runners(agent({}), agent({ id: "b", name: "mac-2-i-2" })).drain(
      { instanceId: "i-1", hostName: "mac-1" },
      signal,
    );
    deepEqual(stopped, [["a", false]]);
    equal(asked.at(-1), "mac-1-i-1", "not all agents of the organization are listed for it");
  });
});

describe("GitHub runners", () => {
  const removed: number[] = [];
  const one: GithubRunner = {
    id: 1,
    name: "mac-1-i-1",
    os: "macos",
    online: true,
    busy: false,
    labels: [],
    groupId: 1,
  };
  const runners = (...listed: GithubRunner[]) =>
    githubPoolRunners({
      list: async () => listed,
      remove: async (id: number) => {
        if (listed.find((runner) => runner.id === id)?.busy) throw new DriverError("remove", { kind: "in-use" });
        removed.push(id);
      },
    } as Partial<GithubRunners> as GithubRunners);

  test("are there while they are connected", async () => {
    const look = async (change: Partial<GithubRunner>) =>
      (await runners({ ...one, ...change }).look(["i-1"], signal)).get("i-1");
    deepEqual(await look({ busy: true }), { state: "registered", busy: true, accepting: true, jobMark: "mac-1-i-1" });
    deepEqual(await look({ online: false }), { state: "absent" });
  });

  test("are deregistered when idle, and refuse while they work", async () => {
    await runners(one, { ...one, id: 2, name: "mac-2-i-2" }).drain({ instanceId: "i-1", hostName: "mac-1" }, signal);
    deepEqual(removed, [1]);
    await rejects(runners({ ...one, busy: true }).drain({ instanceId: "i-1", hostName: "mac-1" }, signal), /remove/);
  });
});

describe("what the settings mean", () => {
  const settings = (change: Partial<Ec2MacPoolSettings>) =>
    ({
      kind: "ec2-mac",
      name: "macs",
      zones: ["us-west-2a", "us-west-2b"],
      instanceType: "mac2.metal",
      hosts: 3,
      hostNamePrefix: "mac",
      floor: 2,
      bootDeadlineHours: 48,
      ...change,
    }) as Ec2MacPoolSettings;
  const policy = (change: Partial<Ec2MacPoolSettings> = {}) => {
    const pool = settings(change);
    const place = { fleet: "mobile", stack: "test", pool: pool.name };
    const image = { kind: "ec2-mac", name: "sequoia", ami: "ami-1" } as Ec2MacImageSettings;
    return poolPolicy(pool, planEc2MacPool(place, pool, image, {} as AlertSettings, {}), "mobile-1");
  };

  test("hosts with their zones, and the mark on all of them", () => {
    const { hosts, mark, hostTags } = policy();
    deepEqual(
      hosts.map(({ name, zone }) => `${name} ${zone}`),
      ["mac-1 us-west-2a", "mac-2 us-west-2b", "mac-3 us-west-2a"],
    );
    deepEqual(mark, { "mac-runner-fleet:id": "mobile-1", "mac-runner-fleet:pool": "macs" });
    deepEqual([hostTags.purpose, hostTags.Name], ["test", undefined]);
  });

  test("one Mac may always be away to be renewed", () => {
    equal(policy({ hosts: 1, floor: 1 }).floor, 0);
    equal(policy({ hosts: 3, floor: 2 }).floor, 2);
    equal(policy({ hosts: 3, floor: 3 }).floor, 2);
  });

  for (const bootDeadlineHours of [3, 12, 48, 72]) {
    test(`lives are over before a Mac ends itself after ${bootDeadlineHours} hours`, () => {
      const lives = policy({ bootDeadlineHours });
      const { softLifeSeconds, softLifeSpreadSeconds, graceSeconds } = lives;
      const deadline = bootDeadlineHours * 3600;
      ok(softLifeSeconds + softLifeSpreadSeconds + graceSeconds <= deadline);
      ok(softLifeSeconds > 0 && lives.hardLifeSeconds <= deadline);
    });
  }

  test("every number of the policy, in seconds", () => {
    const source = { policy: { staggerHours: 1, hardLifeHours: 30, sweepDays: 2, maxJobs: 7, setUpLimitMinutes: 20 } };
    const found = policy({ ...source, alsoInstanceTypes: ["mac2-m2.metal"] } as Partial<Ec2MacPoolSettings>);
    deepEqual(
      [found.staggerSeconds, found.hardLifeSeconds, found.sweepSeconds, found.maxJobs, found.setUpLimitSeconds],
      [3600, 30 * 3600, 2 * 86_400, 7, 1200],
    );
    deepEqual(found.instanceTypes, ["mac2.metal", "mac2-m2.metal"]);
    deepEqual([found.softLifeSeconds, found.fullScrubEverySeconds], [24 * 3600, 7 * 86_400]);
  });

  test("the same chance for the same pool", () => {
    equal(policy().seed, policy().seed);
    ok(policy().seed !== policy({ name: "others" }).seed);
  });
});
