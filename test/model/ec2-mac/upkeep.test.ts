import { deepEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { endsAtTag } from "../../../model/ec2-mac/policy.ts";
import type { SeenInstance } from "../../../model/ec2-mac/types.ts";
import { type CredentialStanding, chores, type Standing } from "../../../model/ec2-mac/upkeep.ts";
import { viewOf } from "../../../model/ec2-mac/view.ts";
import { instance, now, observed, registered, type Sight } from "./build.ts";
import { hour, policyFor } from "./scenario.ts";

const absent = { state: "absent" } as const;
const settingUp = { setUp: { state: "running" }, runner: absent } as const;
const gone = { setUp: { state: "done" }, runner: absent } as const;
const draining = { "i-1": { since: now - hour, answered: true, way: "terminate", why: "old" } } as const;

function planned(sight: Sight, standing: Standing): string[] {
  const view = viewOf(observed(sight), policyFor(1), now);
  return chores(view, standing).map(({ kind, instanceId }) => `${kind} ${instanceId}`);
}

function credentials(perJob: boolean, waiting: Record<string, number> = {}, issued: string[] = []): CredentialStanding {
  return { perJob, waiting: new Map(Object.entries(waiting)), issued: new Set(issued) };
}

describe("a credential for a whole life", () => {
  const cases: [string, Partial<SeenInstance>, CredentialStanding, string[]][] = [
    ["is ended once the agent has registered", {}, credentials(false, {}, ["i-1"]), ["revoke i-1"]],
    ["also one that was put down and not fetched", {}, credentials(false, { "i-1": now }), ["revoke i-1"]],
    ["waits while the Mac sets itself up", settingUp, credentials(false, { "i-1": now }, ["i-1"]), []],
    ["is not made anew once the Mac has it", settingUp, credentials(false, {}, ["i-1"]), []],
    ["is made anew for a Mac that comes back", gone, credentials(false), ["mint i-1"]],
    ["once", gone, credentials(false, {}, ["i-1"]), []],
    ["is left alone on a Mac that is taken out", { ...gone, tags: {} }, credentials(false), []],
  ];
  for (const [name, change, standing, expected] of cases)
    test(name, () => {
      const tags = change.tags ? { ...instance(1).tags, PWPoolReady: "false" } : instance(1).tags;
      deepEqual(planned({ instances: [instance(1, { ...change, tags })] }, { credentials: standing }), expected);
    });
});

describe("a credential for one job", () => {
  const cases: [string, Partial<SeenInstance>, CredentialStanding, string[]][] = [
    ["a spare is put down while a job runs", { runner: registered({ busy: true }) }, credentials(true), ["mint i-1"]],
    ["and while the Mac sets itself up", settingUp, credentials(true), ["mint i-1"]],
    ["one spare is enough", {}, credentials(true, { "i-1": now - hour }, ["i-1"]), []],
    ["an old spare is renewed", {}, credentials(true, { "i-1": now - 12 * hour }, ["i-1"]), ["mint i-1"]],
    ["none before the set-up has begun", { setUp: { state: "none" }, runner: absent }, credentials(true), []],
    ["none where nobody could look", { runner: { state: "unknown", why: "503" } }, credentials(true), []],
  ];
  for (const [name, change, standing, expected] of cases)
    test(name, () => deepEqual(planned({ instances: [instance(1, change)] }, { credentials: standing }), expected));

  test("a drained Mac gets no further one, and its spare is taken away", () => {
    const sight = { instances: [instance(1, { runner: registered({ busy: true }) })], memory: { drains: draining } };
    deepEqual(planned(sight, { credentials: credentials(true, { "i-1": now }) }), ["revoke i-1"]);
    deepEqual(planned(sight, { credentials: credentials(true) }), []);
  });
});

describe("the scheduled end", () => {
  const endsAt = String(now - 5 * hour + 50 * hour);
  const cases: [string, Partial<SeenInstance>, string[], string[]][] = [
    ["is made where there is none", { tags: { ...instance(1).tags, [endsAtTag]: endsAt } }, [], ["schedule-end i-1"]],
    ["is right", { tags: { ...instance(1).tags, [endsAtTag]: endsAt } }, ["i-1"], []],
    [
      "is moved when it is of another life",
      { tags: { ...instance(1).tags, [endsAtTag]: "7" } },
      ["i-1"],
      ["schedule-end i-1"],
    ],
    ["is written again when nobody noted it", {}, ["i-1"], ["schedule-end i-1"]],
    [
      "is made while macOS boots",
      { checks: "initializing", ...settingUp, setUp: { state: "none" } },
      [],
      ["schedule-end i-1"],
    ],
    ["ends with the instance", { state: "terminated" }, ["i-1"], ["unschedule i-1"]],
    ["ends while the instance does", { state: "shutting-down" }, ["i-1"], ["unschedule i-1"]],
  ];
  for (const [name, change, scheduled, expected] of cases)
    test(name, () =>
      deepEqual(planned({ instances: [instance(1, change)] }, { scheduled: new Set(scheduled) }), expected),
    );
});

test("what a dead instance left behind is removed, each thing once", () => {
  const standing = {
    credentials: credentials(false, { "i-9": now }, ["i-9", "i-8"]),
    scheduled: new Set(["i-9"]),
  };
  deepEqual(planned({}, standing), ["unschedule i-9", "revoke i-9", "revoke i-8"]);
});

test("what nobody could look at is left alone", () => {
  deepEqual(planned({ instances: [instance(1, settingUp)] }, {}), []);
});
