import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSizeGb, readJson } from "../../../drivers/orka/json.ts";

const vm = { name: "vm-1", ip: "10.0.0.1", ssh: 8822, memory: "4.80Gi", status: "Running" };
const seen = (value: unknown) => readJson.vms(JSON.stringify(value), "orka3 vm list");

const shapes: [name: string, value: unknown, names: string[]][] = [
  ["an array", [vm], ["vm-1"]],
  ["an object with items", { items: [vm] }, ["vm-1"]],
  ["a lone object", vm, ["vm-1"]],
  ["an empty array", [], []],
  ["empty items", { items: [] }, []],
  ["null items, as Go writes an empty list", { items: null }, []],
  ["null", null, []],
];
for (const [name, value, names] of shapes) {
  test(`a list may be ${name}`, () =>
    assert.deepEqual(
      seen(value).map((v) => v.name),
      names,
    ));
}

for (const text of ["", "warning: old version\n[]", '"vm-1"', "[1]", '[{"ip":"10.0.0.1"}]', '{"kind":"Status"}']) {
  test(`${JSON.stringify(text)} is no list, and no empty one either`, () => {
    assert.throws(() => readJson.vms(text, "orka3 vm list"), { kind: "unexpected-output", message: /orka3 vm list/ });
  });
}

test("a VM has what its version shows and nothing else", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(seen([vm])[0])), {
    name: "vm-1",
    status: "Running",
    ip: "10.0.0.1",
    sshPort: 8822,
    memoryGb: 4.8,
  });
  const full = {
    ...vm,
    vnc: 5999,
    screenshare: 5901,
    node: "mini-1",
    image: "sonoma",
    cpu: 4,
    customMetadata: { a: "b" },
  };
  assert.deepEqual(seen([full])[0], {
    name: "vm-1",
    status: "Running",
    ip: "10.0.0.1",
    sshPort: 8822,
    vncPort: 5999,
    screenSharePort: 5901,
    node: "mini-1",
    image: "sonoma",
    cpu: 4,
    memoryGb: 4.8,
    metadata: { a: "b" },
  });
});

test("an empty status is one that is still Pending", () => {
  assert.equal(seen([{ name: "vm-1", status: "" }])[0]?.status, "Pending");
  assert.equal(seen([{ name: "vm-1" }])[0]?.status, "Pending");
});

test("a node's free memory and tags are read, and N/A is not a number", () => {
  const node = { name: "mini-1", nodeIP: "10.0.0.1", availableCpu: "N/A", availableMemory: "11.20G", orkaTags: null };
  const [read] = readJson.nodes(JSON.stringify([node]), "orka3 node list");
  assert.equal(read?.availableMemoryGb, 11.2);
  assert.equal(read?.availableCpu, undefined);
  assert.deepEqual(read?.tags, []);
});

const sizes: [string, number | undefined][] = [
  ["31.23G", 31.23],
  ["4.80Gi", 4.8],
  ["8192Mi", 8],
  ["1T", 1024],
  ["90", 90],
  [" 90GB ", 90],
  ["N/A", undefined],
  ["", undefined],
  ["-1G", undefined],
];
for (const [text, gb] of sizes) test(`${JSON.stringify(text)} is ${gb} GB`, () => assert.equal(parseSizeGb(text), gb));

test("every memory that Orka can show is read back to its two digits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99_999 }), fc.constantFrom("G", "Gi"), (hundredths, unit) => {
      const text = (hundredths / 100).toFixed(2);
      assert.equal(parseSizeGb(`${text}${unit}`), Number(text));
    }),
  );
});
