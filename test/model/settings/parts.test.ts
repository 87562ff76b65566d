import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { isHostKey } from "../../../model/settings/host-key.ts";
import { nearest } from "../../../model/settings/nearest.ts";
import { isAddress, isApiUrl, normalRange } from "../../../model/settings/network.ts";
import { secretKind } from "../../../model/settings/secret-text.ts";
import { parseTartReference } from "../../../model/settings/tart-reference.ts";
import { readStackFile } from "../../../model/stack-file.ts";

describe("a stack file", () => {
  test("gives blocks, the region, and the names of secrets and of other keys", () => {
    const config = {
      "aws:region": "eu-west-1",
      "aws:profile": "ci",
      "mac-runner-fleet:fleet": { name: "ci-macs" },
      "mac-runner-fleet:orkaToken": { secure: "AAABAA==" },
      "mac-runner-fleet:githubToken": "plain",
    };
    deepEqual(readStackFile({ config }), {
      blocks: { fleet: { name: "ci-macs" } },
      region: "eu-west-1",
      secretKeys: ["orkaToken"],
      plainKeys: ["githubToken"],
    });
  });

  test("may hold a block as JSON text, and keys without the project's name", () => {
    deepEqual(readStackFile({ config: { notify: '{"emails":[]}', fleet: "{oops" } }).blocks, {
      notify: { emails: [] },
      fleet: "{oops",
    });
  });

  for (const file of [undefined, null, "text", [], { config: null }, { config: [1] }]) {
    test(`of ${JSON.stringify(file)} holds nothing`, () => deepEqual(readStackFile(file).blocks, {}));
  }
});

describe("the nearest name", () => {
  const known = ["instanceType", "hosts", "zones", "hostNamePrefix"];
  const cases: [string, string | undefined][] = [
    ["instancetype", "instanceType"],
    ["instanceTyp", "instanceType"],
    ["host", "hosts"],
    ["zone", "zones"],
    ["subnets", undefined],
    ["", undefined],
  ];
  for (const [name, meant] of cases)
    test(`to ${name || "nothing"} is ${meant}`, () => equal(nearest(name, known), meant));
});

describe("an IPv4 range as AWS stores it", () => {
  const cases: [string, string | undefined][] = [
    ["10.0.1.5/16", "10.0.0.0/16"],
    ["203.0.113.7/32", "203.0.113.7/32"],
    ["255.255.255.255/1", "128.0.0.0/1"],
    ["1.2.3.4/0", "0.0.0.0/0"],
    ["10.0.0.0/33", undefined],
    ["10.0.0.0", undefined],
    ["010.0.0.0/8", undefined],
    ["::/0", undefined],
  ];
  for (const [range, normal] of cases) test(`${range} is ${normal}`, () => equal(normalRange(range), normal));
});

describe("an address", () => {
  const right = ["10.0.1.11", "mac-1", "mac-1.example.com"];
  const wrong = ["", "10.0.1", "256.0.0.1", "-mac", "mac-", "a..b", "a b", "user@host", "host:22", "a".repeat(64)];
  for (const text of right) test(`${text} is one`, () => equal(isAddress(text), true));
  for (const text of wrong) test(`${text || "nothing"} is none`, () => equal(isAddress(text), false));
});

describe("an API's address", () => {
  const right = ["http://10.221.188.20", "https://orka.example.com:8443", "https://orka.example.com/api/v1"];
  const wrong = [
    "10.221.188.20",
    "ftp://a",
    "http://a/",
    "http://a:0",
    "http://a:65536",
    "http://u:p@a",
    "http://a?b",
    "http://",
  ];
  for (const text of right) test(`${text} is one`, () => equal(isApiUrl(text), true));
  for (const text of wrong) test(`${text} is none`, () => equal(isApiUrl(text), false));
});

describe("a Tart reference", () => {
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  const right: [string, ReturnType<typeof parseTartReference>][] = [
    ["ghcr.io/org/macos:15.6", { registry: "ghcr.io", repository: "org/macos", tag: "15.6" }],
    ["127.0.0.1:5000/macos", { registry: "127.0.0.1:5000", repository: "macos" }],
    [`reg-1.example.com/a/b_c.d@${digest}`, { registry: "reg-1.example.com", repository: "a/b_c.d", digest }],
  ];
  const wrong = [
    "macos",
    "ghcr.io/",
    "/a",
    "a/b:",
    "a/b@sha256:00",
    `a/b@sha512:${"0".repeat(64)}`,
    "a//b",
    "a/b c",
    "a_b/c",
    "a/--b",
  ];
  for (const [text, parts] of right) test(`${text} has its parts`, () => deepEqual(parseTartReference(text), parts));
  for (const text of wrong) test(`${text} is none`, () => equal(parseTartReference(text), undefined));
  test("a long wrong one is told quickly", () => equal(parseTartReference(`a/${"a".repeat(400)}!`), undefined));
});

describe("a host key", () => {
  const key = "AAAAC3NzaC1lZDI1NTE5AAAAIHKXsZYfVwJTbsNZ9iWYy/V2pyqAnaORgtAV3pt7WwoP";
  const cases: [string, string, boolean][] = [
    ["as it is", `ssh-ed25519 ${key}`, true],
    ["with a comment", `ssh-ed25519 ${key} root@mac`, false],
    ["with the host in front", `10.0.1.11 ssh-ed25519 ${key}`, false],
    ["of another kind than it says", `ssh-rsa ${key}`, false],
    ["cut short", `ssh-ed25519 ${key.slice(0, -4)}`, false],
    ["that is not base64", `ssh-ed25519 ${key.slice(0, -1)}!`, false],
    ["of a kind no longer used", `ssh-dss ${key}`, false],
  ];
  for (const [name, text, expected] of cases) test(`${name}: ${expected}`, () => equal(isHostKey(text), expected));
});

describe("a secret is known by its shape", () => {
  const cases: [string, string | undefined][] = [
    ["ghs_0123456789abcdef", "a GitHub token"],
    ["github_pat_0123456789abcdef", "a GitHub token"],
    ["token=AKIAIOSFODNN7EXAMPLE", "an AWS access key"],
    ["xoxb-0123456789", "a Slack token"],
    ["bkct_0123456789abcdef", "a Buildkite token"],
    ["https://user:word@example.com", "an address with a password in it"],
    ["eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJl.c2ln", "a signed token (JWT)"],
    ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHKXsZYfVwJTbsNZ9iWYy/V2pyqAnaORgtAV3pt7WwoP", undefined],
    ["ghcr.io/example-org/macos:latest", undefined],
    ["http://10.221.188.20:8080", undefined],
  ];
  for (const [text, kind] of cases)
    test(`${text.slice(0, 12)}... is ${kind ?? "none"}`, () => equal(secretKind(text), kind));
});
