import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatRemoteName, isLocalName, parseRemoteName, RemoteNameError } from "../../../drivers/tart/names.ts";

const digest = `sha256:${"0a".repeat(32)}`;

describe("names of images", () => {
  const good: [string, object][] = [
    ["ghcr.io/acme/macos", { registry: "ghcr.io", namespace: "acme/macos", tag: "latest" }],
    ["127.0.0.1:5000/macos:15.5", { registry: "127.0.0.1:5000", namespace: "macos", tag: "15.5" }],
    ["my-host.lan/a/b-c/d_e:v1-rc.2", { registry: "my-host.lan", namespace: "a/b-c/d_e", tag: "v1-rc.2" }],
    [`ghcr.io/acme/macos@${digest}`, { registry: "ghcr.io", namespace: "acme/macos", digest }],
    ["host/trailing-/x", { registry: "host", namespace: "trailing-/x", tag: "latest" }],
  ];
  for (const [text, expected] of good) {
    test(text, () => assert.deepEqual(parseRemoteName(text), expected));
  }

  const bad = ["", "macos", "/macos", "host/", "host//x", "host/a b", "host/a:", "host:port/a", "host/a:1:2"];
  const worse = ["host/a@md5:00", "host/a@sha256", "http://host/a", "höst/a", "host/a\n", "-host/a", "host/a--b"];
  for (const text of [...bad, ...worse]) {
    test(`${JSON.stringify(text)} is none`, () => assert.throws(() => parseRemoteName(text), RemoteNameError));
  }

  test("what was read and written again means the same, and no text takes long to refuse", () => {
    const piece = fc.constantFrom("a", "B1", ".", "-", "_", "/", ":", "@", "sha256:", "0".repeat(64), "host");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          const name = parseRemoteName(pieces.join(""));
          assert.deepEqual(parseRemoteName(formatRemoteName(name)), name);
        } catch (error) {
          assert.ok(error instanceof RemoteNameError);
        }
      }),
    );
  });
});

describe("names of VMs", () => {
  for (const name of ["a", "two words", "ünïcödé", "a.b", "...", "$(x)", "a'b"]) {
    test(`${name} is one`, () => assert.ok(isLocalName(name)));
  }
  for (const name of ["", ".", "..", "a/b", "-x", "a\nb", "a\0b"]) {
    test(`${JSON.stringify(name)} is none`, () => assert.ok(!isLocalName(name)));
  }
});
