import assert from "node:assert/strict";
import { test } from "node:test";
import type { FailureKind } from "../../../drivers/errors.ts";
import { recognise, tartFailure } from "../../../drivers/tart/errors.ts";

const cases: { text: string; exitCode?: number; kind: FailureKind | undefined }[] = [
  { text: 'the specified VM "a b" does not exist', exitCode: 2, kind: "not-found" },
  { text: 'Error: the specified VM "x" does not exist', exitCode: 1, kind: "not-found" },
  { text: 'VM "x" is not running', exitCode: 2, kind: "not-running" },
  { text: 'VM "VM "x" is not running" is not running', exitCode: 2, kind: "not-running" },
  { text: 'VM "x" is already running!', exitCode: 2, kind: "already-running" },
  { text: 'VM "x" is running', kind: "in-use" },
  { text: "The number of VMs exceeds the system limit (other running VMs: a, b)", kind: "slot-limit" },
  { text: "The number of VMs exceeds the system limit", kind: "slot-limit" },
  { text: "no IP address found, is your VM running?", kind: "not-running" },
  { text: "no IP address found", kind: "failed" },
  { text: "failed to parse remote name: mismatched input (character 3)", kind: "invalid-argument" },
  { text: 'improperly formatted host "http://x" was provided', kind: "invalid-argument" },
  { text: 'invalid credentials: AuthFailed(why: "…", details: "")', kind: "access-denied" },
  { text: "OCI storage error: a/b:1 is not a digest and doesn't point to a digest", kind: "not-found" },
  { text: "VM is missing some of its files (config.json, disk.img or nvram.bin)", kind: "failed" },
  { text: "new disk size of 40 GB should be larger than the current disk size of 50 GB", kind: "invalid-argument" },
  { text: "Error: X: VM should have 4 CPU cores at minimum (requested 1)", kind: "invalid-argument" },
  { text: 'Error: UnexpectedHTTPStatusCode(when: "pulling manifest", code: 404, details: "")', kind: "not-found" },
  { text: 'Error: UnexpectedHTTPStatusCode(when: "pushing manifest", code: 401, details: "")', kind: "access-denied" },
  { text: 'Error: UnexpectedHTTPStatusCode(when: "pulling blob", code: 429, details: "")', kind: "rate-limited" },
  { text: 'Error: UnexpectedHTTPStatusCode(when: "pulling blob", code: 500, details: "")', kind: "failed" },
  {
    text: 'Error: AuthFailed(why: "…403 while retrieving an authentication token", details: "")',
    kind: "access-denied",
  },
  { text: "Error: write: No space left on device", kind: "disk-full" },
  { text: "Error: There isn’t enough space", kind: "disk-full" },
  { text: "Error: database or disk is full", kind: "disk-full" },
  { text: "Error Domain=VZErrorDomain Code=-9 … Failed to create new HostKey", kind: "keychain-locked" },
  { text: "Error Domain=VZErrorDomain Code=-90", kind: "failed" },
  { text: "SecKeyCreateRandomKey_ios failed", kind: "keychain-locked" },
  { text: "Interaction is not allowed with the Security Server", kind: "keychain-locked" },
  { text: "Error: Keychain returned unsuccessful status -25308", kind: "keychain-locked" },
  { text: "Internal Virtualization error. The virtual machine failed to start.", kind: "no-gui-session" },
  { text: "Error: The Internet connection appears to be offline.", kind: "unreachable" },
  { text: "Error: An SSL error has occurred and a secure connection…", kind: "unreachable" },
  {
    text: "Failed to connect to the VM using its control socket: …, is the Tart Guest Agent running?",
    kind: "unreachable",
  },
  { text: "Error: Missing expected argument '<name>'", exitCode: 64, kind: "invalid-argument" },
  { text: "something new", kind: "failed" },
];

for (const { text, exitCode = 1, kind } of cases) {
  test(`exit code ${exitCode}: ${text}`, () => {
    const failure = tartFailure("tart on a Mac", exitCode, `${text}\n`);
    assert.equal(failure.kind, kind);
    assert.equal(failure.vendorText, text);
  });
}

test("a log without a known text says nothing", () => assert.equal(recognise("resuming VM...\n"), undefined));
