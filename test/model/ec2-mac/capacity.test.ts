import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { emptyMemory, intend, record } from "../../../model/ec2-mac/memory.ts";
import type { AllocateAction, CapacityRefusal, PoolMemory } from "../../../model/ec2-mac/types.ts";
import { decided, host, kinds, now } from "./build.ts";
import { mark, minute } from "./scenario.ts";

const types = ["mac2.metal", "mac2-m2.metal"];
const zones = ["us-east-1a", "us-east-1b", "us-east-1c"];

function refused(zone: string, instanceType = "mac2.metal", changes: Partial<CapacityRefusal> = {}): CapacityRefusal {
  return { zone, instanceType, why: "no-capacity", at: now - minute, times: 1, ...changes };
}

const cases: { name: string; refusals: CapacityRefusal[]; expect: string }[] = [
  { name: "its own zone comes first", refusals: [], expect: "us-east-1a mac2.metal" },
  { name: "then the next zone", refusals: [refused("us-east-1a")], expect: "us-east-1b mac2.metal" },
  {
    name: "then the next type, when no zone has the first",
    refusals: zones.map((zone) => refused(zone)),
    expect: "us-east-1a mac2-m2.metal",
  },
  {
    name: "a quota is of the type, so no zone of it is asked",
    refusals: [refused("us-east-1c", "mac2.metal", { why: "quota-exceeded" })],
    expect: "us-east-1a mac2-m2.metal",
  },
  {
    name: "after the pause it is asked again",
    refusals: [refused("us-east-1a", "mac2.metal", { at: now - 5 * minute })],
    expect: "us-east-1a mac2.metal",
  },
  {
    name: "each refusal doubles the pause",
    refusals: [refused("us-east-1a", "mac2.metal", { at: now - 5 * minute, times: 2 })],
    expect: "us-east-1b mac2.metal",
  },
];

for (const { name, refusals, expect } of cases)
  test(`a host is ordered: ${name}`, () => {
    const { zone, instanceType } = decided({ memory: { refusals } })[0] as AllocateAction;
    equal(`${zone} ${instanceType}`, expect);
  });

test("when no place has room, it waits for the first that may have", () => {
  const refusals = types.flatMap((type) => zones.map((zone) => refused(zone, type)));
  const [action] = decided({ memory: { refusals } });
  equal(action?.kind, "wait");
  match(action?.reason ?? "", /none of 6 zones and types had room; tried again at 2026-01-10 12:04 UTC/);
});

test("a host carries the mark from its first moment, so a lost answer leaks nothing", () => {
  const { tags } = decided({})[0] as AllocateAction;
  const own = { automation: "false", "mac-runner-fleet:made-by": "controller" };
  deepEqual(tags, { ...own, ...mark, Name: "MacM1-1", PWPoolReady: "true" });
});

test("an order without an answer is given again with the same token, in the same place", () => {
  const order = decided({})[0] as AllocateAction;
  const memory = intend(emptyMemory, order, now - minute);
  const again = decided({ memory: { allocations: memory.allocations } })[0] as AllocateAction;
  deepEqual([again.clientToken, again.zone], [order.clientToken, order.zone]);
});

test("a host that is allocated and not shown yet is not ordered twice", () => {
  const order = decided({})[0] as AllocateAction;
  const done = record(intend(emptyMemory, order, now - minute), order, { result: "done", hostId: "h-1" }, now - minute);
  deepEqual(kinds(decided({ memory: { allocations: done.allocations } })), ["wait MacM1-1"]);
});

test("ten names that one place refuses at once are one refusal; a later one doubles the pause; a host ends it", () => {
  const order = decided({})[0] as AllocateAction;
  const refuse = (memory: PoolMemory, at: number) =>
    record(memory, order, { result: "no-capacity", text: "InsufficientHostCapacity" }, at);
  let memory: PoolMemory = emptyMemory;
  for (let second = 0; second < 10; second++) memory = refuse(memory, now + second);
  deepEqual(
    memory.refusals.map(({ times }) => times),
    [1],
  );
  memory = refuse(memory, now + 5 * minute);
  deepEqual(
    memory.refusals.map(({ times }) => times),
    [2],
  );
  deepEqual(record(memory, order, { result: "done", hostId: "h-1" }, now + 9 * minute).refusals, []);
});

const standing = { name: "MacM1-1", zone: "us-east-1a", standing: true };

test("where another program declares the hosts, none is ordered for a name that has never had one", () => {
  const unseen = { hosts: [standing] };
  const [waits] = decided({}, unseen);
  equal(waits?.kind, "wait");
  match(waits?.reason ?? "", /never been seen/);
  deepEqual(kinds(decided({ memory: { hostIds: { "MacM1-1": "h-1" } } }, unseen)), ["allocate MacM1-1"]);
});

test("but for one whose host AWS has given up, whether anybody remembers it or not", () => {
  const failed = host(1, { state: "permanent-failure", allocatedAt: now - minute });
  const actions = decided({ hosts: [failed], memory: { hostIds: {} } }, { hosts: [standing] });
  deepEqual(kinds(actions), ["allocate MacM1-1", "wait MacM1-1"]);
});
