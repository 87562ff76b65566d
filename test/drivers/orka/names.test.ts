import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { imageProblem, metadataProblem, type NameKind, nameProblem, requireName } from "../../../drivers/orka/names.ts";

const long = (length: number) => "a".repeat(length);

const good: [NameKind, string][] = [
  ["vm", "a"],
  ["vm", "ci-arm64-1"],
  ["vm", long(63)],
  ["vmConfig", "2-sonoma.v1"],
  ["vmConfig", long(50)],
  ["image", "macos-15.3-xcode-16"],
  ["image", "401"],
  ["serviceAccount", long(253)],
  ["namespace", "orka-ci"],
  ["nodeTag", "Xcode_16.2"],
  ["vmConfigTag", long(32)],
  ["registryReference", "ghcr.io/example/macos/sonoma:latest"],
  ["registryReference", "10.0.0.5:5000/base:15.3"],
];
for (const [kind, name] of good) {
  test(`${kind} may be called ${name.slice(0, 40)}`, () => assert.equal(nameProblem(kind, name), undefined));
}

const bad: [NameKind, string, RegExp][] = [
  ["vm", "", /must be lower case/],
  ["vm", "1st", /starting with a letter/],
  ["vm", "Mac", /lower case/],
  ["vm", "mac.1", /lower case/],
  ["vm", "mac-", /not ending in -/],
  ["vm", "-h", /starting with a letter/],
  ["vm", "mac\n", /lower case/],
  ["vm", "größe", /lower case/],
  ["vm", long(64), /64 characters long; at most 63/],
  ["vmConfig", long(51), /51 characters long; at most 50/],
  ["image", "base-images/macos-15-sequoia", /lower case/],
  ["image", long(64), /at most 63/],
  ["serviceAccount", long(254), /at most 253/],
  ["namespace", "ci", /orka- and then/],
  ["namespace", "orka-", /orka- and then/],
  ["nodeTag", "a b", /letters, digits/],
  ["nodeTag", long(64), /at most 63/],
  ["vmConfigTag", long(33), /at most 32/],
  ["registryReference", "https://ghcr.io/example/image", /host\/repository/],
];
for (const [kind, name, problem] of bad) {
  test(`${kind} may not be called ${JSON.stringify(name.slice(0, 40))}`, () => {
    assert.match(nameProblem(kind, name) ?? "", problem);
    assert.throws(() => requireName(kind, name), { kind: "invalid-argument" });
  });
}

test("an image to deploy is a local one or one in a registry", () => {
  assert.equal(imageProblem("sonoma-90gb"), undefined);
  assert.equal(imageProblem("ghcr.io/example/sonoma:1"), undefined);
  assert.match(imageProblem("/etc/passwd") ?? "", /registry reference/);
});

test("no good name can be taken for a flag or hold what splits a list", () => {
  const kinds: NameKind[] = ["vm", "vmConfig", "image", "serviceAccount", "namespace", "nodeTag", "vmConfigTag"];
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.string({ unit: "grapheme" }), (kind, name) => {
      if (nameProblem(kind, name) === undefined) assert.match(name, /^[A-Za-z0-9][\w.-]*$/);
    }),
  );
});

test("metadata may hold neither of the two signs that orka3 splits it by", () => {
  assert.equal(metadataProblem("mac-runner-fleet", "fleet 1"), undefined);
  for (const [key, value] of [
    ["", "x"],
    ["a,b", "x"],
    ["a=b", "x"],
    ["a", "x,y"],
    ["a", "x=y"],
    ["a", "x\ny"],
  ] as const) {
    assert.match(metadataProblem(key, value) ?? "", /no comma/);
  }
});
