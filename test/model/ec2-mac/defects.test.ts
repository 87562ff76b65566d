import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { dhStatus, pwStatus } from "../../../controllers/pool/status-files.ts";
import { decide } from "../../../model/ec2-mac/decide.ts";
import { learn } from "../../../model/ec2-mac/learn.ts";
import { policyDefaults } from "../../../model/ec2-mac/policy.ts";
import type { LaunchAction } from "../../../model/ec2-mac/types.ts";
import { decided, host, instance, kinds, life, now, observed, reasonOf, registered } from "./build.ts";
import { day, hour, mark, minute, policyFor } from "./scenario.ts";

/**
 * What went wrong in the reference pool (containers/automation mac_pw_pool). Its known defects have their numbers; the
 * others are from its history and its users.
 */

const absent = { runner: { state: "absent" } } as const;

test("defect 1: the two status files are never one: each is made from the same sight, with its own heading and lines", () => {
  const [seen, policy] = [observed({ instances: [instance(1)] }), policyFor(1)];
  const considered = { observed: seen, policy, now, before: seen.memory, decision: decide(seen, policy, now) };
  const [dh, pw] = [dhStatus(considered), pwStatus(considered)];
  notEqual(dh, pw);
  match(dh, /^# LaunchInstances\.sh run /);
  match(pw, /^# SetupInstances\.sh run /);
});

test("defect 2: what nobody sets is the default, whole: no default is a part or a blank of another value", () => {
  const { setUpLimitSeconds, maxJobs, minAlive, staggerSeconds } = policyFor(1);
  deepEqual([setUpLimitSeconds, maxJobs, minAlive, staggerSeconds], [40 * minute, 24, 3, 2 * hour]);
  for (const [name, value] of Object.entries(policyDefaults))
    ok(typeof value !== "number" || (Number.isFinite(value) && value > 0), name);
});

test("defect 6, every 7 days turned round: the full scrub comes when the days are over, and on none before", () => {
  const wayAfter = (days: number) => {
    const launchedAt = now - days * day;
    const renewedAt = now - 27.5 * hour;
    const task = { taskId: "t-1", instanceId: "i-1", state: "succeeded", startedAt: renewedAt, completedAt: renewedAt };
    const [action] = decided(
      { instances: [instance(1, { launchedAt })], tasks: [task] },
      { floor: 0, promisedReady: 0 },
    );
    return action?.kind === "drain" ? action.way : action?.kind;
  };
  deepEqual(
    [2, 3, 4, 5].map(wayAfter),
    Array.from({ length: 4 }, () => "replace-root-volume"),
  );
  deepEqual([6, 6.9, 7, 8].map(wayAfter), ["terminate", "terminate", "terminate", "terminate"]);
});

test("defect 3, name mismatch: an instance with another name is neither set up nor passed on, and the reason says so", () => {
  const wrong = instance(1, {
    tags: { ...mark, Name: "MacM1-7", PWPoolReady: "true" },
    setUp: { state: "none" },
    ...absent,
  });
  const actions = decided({ instances: [wrong] });
  deepEqual(kinds(actions), ["wait MacM1-1"]);
  match(reasonOf(actions, "wait"), /the instance's name is MacM1-7, the host's is MacM1-1/);
});

test("defect 4: min alive counts runners that are alive now, not all that were ever listed", () => {
  const done = registered({ jobsFinished: 99 });
  const dead = [4, 5, 6, 7].map((n) => instance(n, { setUp: { state: "unknown", why: "no route" }, ...absent }));
  const three = [instance(1, { runner: done }), instance(2), instance(3)];
  const policy = { floor: 0, promisedReady: 0 };
  deepEqual(kinds(decided({ instances: [...three, ...dead] }, policy)), []);
  deepEqual(kinds(decided({ instances: [...three, instance(8), ...dead] }, policy)), ["drain MacM1-1"]);
});

test("defect 5: an unreadable note of when the set-up began ends nothing at once: it counts from when it was first seen", () => {
  for (const setUp of [{ state: "running" }, { state: "running", startedAt: 0 }] as const) {
    const sight = observed({ instances: [instance(1, { setUp, ...absent })] });
    const memory = learn(sight, policyFor(1), now);
    equal(memory.setUpSeenAt["i-1"], now);
    deepEqual(decide({ ...sight, memory }, policyFor(1), now).actions, []);
  }
});

test("defect 7, un-throttled pool: an instance that dies right after its launch does not let the next one go at once", () => {
  const died = instance(2, { state: "terminated", launchedAt: now - 5 * minute, ...absent });
  deepEqual(kinds(decided({ hosts: [host(1)], instances: [died] })).includes("launch MacM1-1"), false);
  const forgottenByAws = { lives: [life({ hostId: "h-2", result: "failed", askedAt: now - 5 * minute })] };
  deepEqual(kinds(decided({ hosts: [host(1)], memory: forgottenByAws })), ["wait MacM1-1"]);
});

test("defect 7, no cap on failures: there is a cap on failures in a row", () => {
  const lives = [1, 2, 3].map((n) => life({ hostId: `h-${n}`, result: "failed", resultAt: now - minute }));
  const actions = decided({ hosts: [1, 2, 3].map((n) => host(n)), memory: { lives } });
  ok(actions.every(({ kind }) => kind === "wait"));
  match(reasonOf(actions, "wait"), /3 lives of ami-1 failed in a row/);
});

test("defect 8: permanent failure is not for ever: the host is released and another one ordered", () => {
  const actions = decided({ hosts: [host(1, { state: "permanent-failure" })] });
  deepEqual(kinds(actions), ["allocate MacM1-1", "release MacM1-1"]);
  deepEqual(kinds(decided({ hosts: [host(1, { state: "released-permanent-failure" })] })), ["allocate MacM1-1"]);
});

test("defect 9: no secret is in any action: tags, tokens and reasons hold names, numbers and times only", () => {
  const everything = decided({ hosts: [host(1), host(2, { state: "permanent-failure" })], instances: [instance(3)] });
  doesNotMatch(JSON.stringify(everything), /token=|password|secret|BEGIN/i);
  const launch = everything.find(({ kind }) => kind === "launch") as LaunchAction;
  match(launch.clientToken, /^[\x21-\x7e]{1,64}$/, "what EC2 takes as a client token");
});

test("defect 10: job counts come from the CI system: what a job could write on the Mac is not even looked at", () => {
  const forged = instance(1, { tags: { ...instance(1).tags, "jobs-finished": "999" } });
  deepEqual(decided({ instances: [forged, ...[2, 3, 4, 5].map((n) => instance(n))] }), []);
});

test("an unreachable Mac does not live on until the hard limit only because nobody can look", () => {
  const silent = instance(1, { launchedAt: now - 2 * hour, setUp: { state: "none" }, checks: "impaired", ...absent });
  deepEqual(kinds(decided({ instances: [silent] })), ["terminate MacM1-1"]);
});

test("disabling a host with a running job blocks nothing: the others are decided as ever", () => {
  const disabled = instance(1, {
    tags: { ...instance(1).tags, PWPoolReady: "false" },
    runner: registered({ busy: true }),
  });
  const actions = decided({ hosts: [host(2)], instances: [disabled] });
  deepEqual(kinds(actions), ["launch MacM1-2"]);
});

test("opting out and back in: nothing is done in between, and everything goes on afterwards", () => {
  const out = { ...host(1).tags, PWPoolReady: "" };
  deepEqual(kinds(decided({ hosts: [host(1, { tags: out })] })), []);
  deepEqual(kinds(decided({ hosts: [host(1, { tags: { ...mark, Name: "MacM1-1" } })] })), [], "removed is not true");
  deepEqual(kinds(decided({ hosts: [host(1)] })), ["launch MacM1-1"]);
});

test("a start by force never lengthens a life, so none meets the hard limit", () => {
  const hosts = Array.from({ length: 30 }, (_, index) => host(index + 1));
  for (const action of decided({ hosts, forceStart: true }))
    ok(Number((action as LaunchAction).tags["mac-runner-fleet:soft-life-seconds"]) < policyDefaults.softLifeSeconds);
});

test("the age limits do not fall: 24, 48 hours and 3 days stay apart", () => {
  const { softLifeSeconds, softLifeSpreadSeconds, graceSeconds, hardLifeSeconds, sweepSeconds } = policyDefaults;
  ok(softLifeSeconds + softLifeSpreadSeconds + graceSeconds < hardLifeSeconds);
  ok(hardLifeSeconds < sweepSeconds && sweepSeconds === 3 * day);
});
