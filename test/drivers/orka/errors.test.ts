import assert from "node:assert/strict";
import { test } from "node:test";
import type { FailureKind } from "../../../drivers/errors.ts";
import { orkaError, saysLargeEnough } from "../../../drivers/orka/errors.ts";

const READY =
  "No node in `READY` state is available to deploy to. Run `orka3 nodes list --namespace orka-default` to check nodes state";
const IN_USE =
  'admission webhook "vimage.kb.io" denied the request: cannot delete image "X". The image is being used by one or more VMs: vm1. Remove the VMs and try again';

const cases: [text: string, kind: FailureKind][] = [
  [READY, "no-capacity"],
  ["No nodes available in namespace", "no-capacity"],
  ["Not enough CPU available", "no-capacity"],
  ["Not enough memory available", "no-capacity"],
  ["maximum supported number of active virtual machines has been reached", "slot-limit"],
  [IN_USE, "in-use"],
  ['virtualmachineinstances.orka.macstadium.com "x" not found', "not-found"],
  ["config does not exist", "not-found"],
  ["VM with name vm-1 already exists", "already-exists"],
  ["VM with name unauthorized already exists", "already-exists"],
  ["Unauthorized", "access-denied"],
  ["Error: unauthorized", "access-denied"],
  ["error: You must be logged in to the server (Unauthorized)", "access-denied"],
  ["Authentication token expired", "access-denied"],
  ["the server answered 401", "access-denied"],
  ['vms is forbidden: User "system:serviceaccount:orka-ci:ci" cannot list', "access-denied"],
  ["HTTP 403", "access-denied"],
  ['virtualmachineinstances.orka.macstadium.com "unauthorized" not found', "not-found"],
  ['virtualmachineinstances.orka.macstadium.com "vm-401" not found', "not-found"],
  ["vm-403 not found", "not-found"],
  ['Get "http://10.0.0.1/kube": dial tcp 10.0.0.1:80: connect: connection refused', "unreachable"],
  ['Get "http://orka": dial tcp: lookup orka: no such host', "unreachable"],
  ['Post "http://10.0.0.1": dial tcp 10.0.0.1:80: i/o timeout', "unreachable"],
  ['Post "http://10.0.0.1": EOF', "unreachable"],
  ["timed out waiting for VM vm-1 to become Running", "timeout"],
  ["context deadline exceeded", "timeout"],
  ['context "orka" does not exist', "failed"],
  ["Error: unknown flag: --disk-size", "invalid-argument"],
  ["Error: accepts 1 arg(s), received 0", "invalid-argument"],
  ['Image.orka.macstadium.com "A" is invalid: metadata.name', "invalid-argument"],
  ["Internal error occurred: etcdserver: request timed out", "failed"],
  ['VZErrorDomain Code=1 "Internal Virtualization error"', "failed"],
  ["", "failed"],
];
for (const [text, kind] of cases) {
  test(`${JSON.stringify(text.slice(0, 70))} means ${kind}`, () => {
    const error = orkaError("orka3 vm deploy", text);
    assert.equal(error.kind, kind);
    assert.equal(error.vendorText, text);
  });
}

test("a refusal to shrink is told from other refusals", () => {
  const refusal = orkaError("orka3 vm resize", "the new disk size 90G must be larger than the current size 90G");
  assert.ok(saysLargeEnough(refusal));
  assert.ok(!saysLargeEnough(orkaError("orka3 vm resize", "Unauthorized")));
});
