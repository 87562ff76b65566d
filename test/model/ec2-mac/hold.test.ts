import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { heldUntil, holdTag, quarantineTag } from "../../../model/ec2-mac/ready-tag.ts";
import type { Tags } from "../../../model/ec2-mac/types.ts";
import { decided, host, instance, kinds, now, reasonOf } from "./build.ts";
import { hour } from "./scenario.ts";

const over = holdTag(now - 1);
const held = holdTag(now + 2 * hour);
const later = holdTag(now + 3 * hour);
const disabled: Tags = { PWPoolReady: "false" };

interface Case {
  name: string;
  hostTags?: Tags;
  /** Without them nothing is on the host. */
  instanceTags?: Tags;
  expect: string[];
  /** What gets its tag back. */
  restored?: (string | undefined)[];
  why?: RegExp;
}

const cases: Case[] = [
  { name: "a free host that is held gets no launch", hostTags: held, expect: ["wait MacM1-1"] },
  { name: "it comes back", hostTags: over, expect: ["restore MacM1-1"], restored: ["h-1", undefined] },
  {
    name: "with its instance",
    hostTags: over,
    instanceTags: over,
    expect: ["restore MacM1-1"],
    restored: ["h-1", "i-1"],
  },
  { name: "an instance alone", instanceTags: over, expect: ["restore MacM1-1"], restored: ["h-1", "i-1"] },
  { name: "the host, whose instance never was out", hostTags: over, instanceTags: {}, expect: ["restore MacM1-1"] },
  {
    name: "the later of two ends counts",
    hostTags: held,
    instanceTags: later,
    expect: ["wait MacM1-1"],
    why: /15:00/,
  },
  { name: "one that is over waits for the other", hostTags: over, instanceTags: later, expect: ["wait MacM1-1"] },
  { name: "who is also disabled stays so", hostTags: over, instanceTags: disabled, expect: [] },
  { name: "a moment that is none holds for ever", hostTags: { PWPoolReady: "held until noon" }, expect: [] },
  {
    name: "a quarantine is no hold",
    hostTags: quarantineTag(now + hour),
    expect: ["wait MacM1-1"],
    why: /^in quarantine/,
  },
];

for (const { name, hostTags = {}, instanceTags, expect, restored, why } of cases)
  test(`a hold: ${name}`, () => {
    const actions = decided({
      hosts: [host(1, { tags: { ...host(1).tags, ...hostTags } })],
      instances: instanceTags ? [instance(1, { tags: { ...instance(1).tags, ...instanceTags } })] : [],
    });
    deepEqual(kinds(actions), expect);
    const [action] = actions;
    if (restored && action?.kind === "restore") deepEqual([action.hostId, action.instanceId], restored);
    if (why && action) equal(why.test(reasonOf(actions, action.kind)), true, action.reason);
  });

test("a Mac that got too old while it was held is ended once it is back", () => {
  const old = { launchedAt: now - 50 * hour };
  const hosts = [host(1, { tags: { ...host(1).tags, ...over } })];
  deepEqual(kinds(decided({ hosts, instances: [instance(1, old)] })), ["restore MacM1-1"]);
  deepEqual(kinds(decided({ instances: [instance(1, old)] })), ["terminate MacM1-1"]);
});

test("the tag's moment is read back", () => {
  deepEqual(holdTag(now), { PWPoolReady: "held until 2026-01-10T12:00:00Z" });
  equal(heldUntil(holdTag(now)), now);
});
