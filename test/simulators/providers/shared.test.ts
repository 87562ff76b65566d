import { deepEqual, equal, rejects } from "node:assert/strict";
import { describe, test } from "node:test";
import { unknownValue } from "../../../drivers/lifecycle.ts";
import { defineResource } from "../../../simulators/providers/shared/provider.ts";
import type { Properties } from "../../../simulators/providers/shared/wire.ts";
import { resourceOf, secret } from "./support.ts";

const gone = new Set<string>();
const box = defineResource<Properties, Properties>({
  token: "test:index:Box",
  properties: {
    name: { type: "string", required: true, replaces: true },
    size: { type: "number", default: 1 },
    colour: { type: "string", oneOf: ["red", "blue"] },
    region: { type: "string", computed: true },
    tags: { type: "object" },
    parts: { type: "array", fields: { kind: { type: "string", required: true }, count: { type: "number" } } },
    policy: { type: "string", same: (a, b) => String(a).trim() === String(b).trim() },
    label: { type: "string", replaces: (news) => news.size === 1 },
    password: { type: "string", secret: true },
    arn: { type: "string", output: true },
    echo: { type: "string", output: true, secretFrom: ["tags"] },
  },
  rules: ({ size, colour }) => (size === 13 && colour ? [{ property: "size", reason: "13 has no colour" }] : []),
  settle: (inputs, olds, { name }) => ({ ...inputs, tags: inputs.tags ?? olds.tags ?? { madeFor: name } }),
  create: async (inputs) => ({
    id: "1",
    outs: { ...inputs, arn: "arn:1", region: "here", echo: "e", nothing: undefined },
  }),
  read: async (id, state) => (gone.has(id) ? undefined : { ...state, name: "box", size: 5, arn: "arn:1" }),
});
const boxes = resourceOf({ version: "1.0.0", resources: [box] }, "test:index:Box");

describe("check names every mistake", () => {
  const cases: [string, Properties, string[]][] = [
    ["nothing wrong", { name: "a" }, []],
    ["a missing property", {}, ['missing required property "name"']],
    ["an output as an input", { name: "a", arn: "x" }, ['"arn" is an output and cannot be given']],
    ["a wrong type", { name: 1, parts: {} }, ['"name" must be of type string', '"parts" must be of type array']],
    ["a value that is not allowed", { name: "a", colour: "pink" }, ['"colour" is "pink"; allowed are red, blue']],
    ["a missing nested property", { name: "a", parts: [{}] }, ['missing required property "parts[0].kind"']],
    [
      "a nested value of the wrong type",
      { name: "a", parts: [{ kind: 1 }] },
      ['"parts[0].kind" must be of type string'],
    ],
    ["a rule of its own", { name: "a", size: 13, colour: "red" }, ["13 has no colour"]],
    ["what is not known yet is not judged", { name: unknownValue, parts: unknownValue, colour: unknownValue }, []],
    ["a secret is judged by what is in it", { name: secret(1) }, ['"name" must be of type string']],
  ];
  for (const [name, inputs, reasons] of cases) {
    test(name, async () => {
      const { failures } = await boxes.check(inputs);
      deepEqual(
        failures?.map(({ reason }) => reason),
        reasons,
      );
    });
  }

  test("an unknown property, with those that are known", async () => {
    const { failures } = await boxes.check({ name: "a", sise: 1, parts: [{ kind: "x", cuont: 1 }] });
    deepEqual(
      failures?.map(({ property }) => property),
      ["sise", "parts[0].cuont"],
    );
  });
});

test("check fills in defaults and generated values, and gives secrets and unknown values back as they came", async () => {
  const given = { name: secret("a"), colour: unknownValue, parts: [{ kind: secret("deep") }] };
  const { inputs } = await boxes.check(given);
  deepEqual(inputs, { ...given, size: 1, tags: { madeFor: "thing" } });
});

test("check keeps a generated value of before", async () => {
  equal((await boxes.check({ name: "a" }, { tags: { old: "yes" } })).inputs.tags.old, "yes");
});

describe("diff compares the state with the new inputs", () => {
  const state = { name: "a", size: 1, region: "here", tags: { b: "1" }, policy: "p", label: "l", arn: "arn:1" };
  const inputs = { name: "a", size: 1, tags: { b: "1" }, policy: " p ", label: "l" };
  const cases: [string, Properties, { changes: boolean; replaces: string[] }][] = [
    ["the same", {}, { changes: false, replaces: [] }],
    ["a change in place", { size: 2 }, { changes: true, replaces: [] }],
    ["a change that replaces", { name: "b" }, { changes: true, replaces: ["name"] }],
    ["a change that replaces under a condition", { label: "m" }, { changes: true, replaces: ["label"] }],
    ["the condition does not hold", { label: "m", size: 2 }, { changes: true, replaces: [] }],
    ["not known yet", { name: unknownValue }, { changes: true, replaces: ["name"] }],
    ["left out", { tags: undefined }, { changes: true, replaces: [] }],
    ["the same, but now secret", { name: secret("a") }, { changes: false, replaces: [] }],
    ["given where the service had chosen", { region: "there" }, { changes: true, replaces: [] }],
  ];
  for (const [name, change, expect] of cases) {
    test(name, async () => {
      const { changes, replaces } = await boxes.diff(state, { ...inputs, ...change });
      deepEqual({ changes, replaces }, expect);
    });
  }
});

test("outputs are secret where the table says so, or where their inputs were", async () => {
  const open = await boxes.create({ name: "a", password: "p" });
  deepEqual(open.outs, { name: "a", password: secret("p"), arn: "arn:1", region: "here", echo: "e" });
  const closed = await boxes.create({ name: secret("a"), tags: { deep: secret("t") } });
  deepEqual(closed.outs, {
    name: secret("a"),
    tags: secret({ deep: "t" }),
    arn: "arn:1",
    region: "here",
    echo: secret("e"),
  });
});

test("read gives the state and the inputs behind it, and nothing when it is gone", async () => {
  const there = await boxes.read("1", { tags: secret({ a: "1" }), echo: "e" });
  const inputs = { name: "box", size: 5, tags: secret({ a: "1" }) };
  deepEqual(there, { id: "1", props: { ...inputs, echo: secret("e"), arn: "arn:1" }, inputs });
  gone.add("2");
  deepEqual(await boxes.read("2", {}), { id: "", props: {} });
});

test("what is not stood in for says so", async () => {
  const other = resourceOf({ version: "1.0.0", resources: [box] }, "test:index:Crate");
  await rejects(other.create({}), /test:index:Crate is not stood in for/);
  await rejects(boxes.update("1", {}, {}), /cannot change in place/);
  await rejects(boxes.provider.invoke("test:index:getBox", {}), /test:index:getBox is not stood in for/);
});
