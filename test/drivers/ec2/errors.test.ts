import { deepEqual, equal, match } from "node:assert/strict";
import { describe, test } from "node:test";
import { parseReleaseRefusal, toDriverError } from "../../../drivers/ec2/errors.ts";
import { DriverError } from "../../../drivers/errors.ts";

function failure(name: string, message = "", more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

describe("what EC2's codes mean", () => {
  const cases: [error: Error, kind: string][] = [
    [failure("InsufficientHostCapacity"), "no-capacity"],
    [failure("InsufficientCapacityOnHost"), "no-capacity"],
    [failure("InsufficientInstanceCapacity"), "no-capacity"],
    [failure("HostLimitExceeded"), "quota-exceeded"],
    [
      failure("SomethingNew", "would bring your total up to 2. This exceeds your current limit of 1."),
      "quota-exceeded",
    ],
    [failure("RequestLimitExceeded"), "rate-limited"],
    [failure("ThrottlingException"), "rate-limited"],
    [failure("UnauthorizedOperation"), "access-denied"],
    [failure("ExpiredTokenException"), "access-denied"],
    [failure("CredentialsProviderError"), "access-denied"],
    [failure("InvalidHostID"), "not-found"],
    [failure("InvalidHostID.NotFound"), "not-found"],
    [failure("InvalidInstanceID.NotFound"), "not-found"],
    [failure("InvalidLaunchTemplateName.NotFoundException"), "not-found"],
    [failure("InvalidAMIID.Malformed"), "invalid-argument"],
    [failure("InvalidParameterValue"), "invalid-argument"],
    [failure("Unsupported"), "invalid-argument"],
    [failure("IncorrectInstanceState"), "not-running"],
    [failure("IdempotentParameterMismatch"), "invalid-argument"],
    [failure("TimeoutError"), "timeout"],
    [failure("Error", "connect", { code: "ECONNREFUSED" }), "unreachable"],
    [failure("Error", "getaddrinfo", { code: "ENOTFOUND" }), "unreachable"],
    [failure("InternalError"), "failed"],
  ];
  for (const [error, kind] of cases) {
    test(`${error.name} ${error.message} is ${kind}`, () => equal(toDriverError("ask", error).kind, kind));
  }
});

test("an abort is the caller's, or else it was the time limit", () => {
  const abort = failure("AbortError", "Request aborted");
  equal(toDriverError("ask", abort, AbortSignal.abort()).kind, "aborted");
  equal(toDriverError("ask", abort).kind, "timeout");
});

test("the message names the call and keeps the vendor's words", () => {
  const error = toDriverError(
    "launch macs on h-1",
    failure("InsufficientCapacityOnHost", "Dedicated host h-1 has insufficient capacity."),
  );
  match(
    error.message,
    /^launch macs on h-1\n {2}InsufficientCapacityOnHost: Dedicated host h-1 has insufficient capacity\./,
  );
});

test("what is a DriverError already stays as it is", () => {
  const error = new DriverError("x", { kind: "not-ours" });
  equal(toDriverError("y", error), error);
});

describe("why a host is not taken back", () => {
  test("its 24 hours are not over: when they will be", () => {
    const words =
      "mac1.metal hosts must be allocated to your AWS account for at least 24 hour(s). " +
      "You can release this host any time after 2024-02-20T18:17:04.915Z.";
    deepEqual(parseReleaseRefusal("Client.X", words), {
      reason: "lease",
      releasableAt: "2024-02-20T18:17:04.915Z",
      vendorText: `Client.X: ${words}`,
    });
  });

  const cases: [reason: string, code: string, words: string][] = [
    ["occupied", "Client.X", "Dedicated host 'h-0851f37c8cf8f848a' cannot be released as it is occupied."],
    ["occupied", "Client.InvalidHost.Occupied", "Something is on it."],
    ["gone", "Client.InvalidHostID.NotFound", "The host ID 'h-1' does not exist"],
    ["other", "Client.Whatever", "Not today."],
  ];
  for (const [reason, code, words] of cases) {
    test(`${reason}: ${words}`, () => {
      deepEqual(parseReleaseRefusal(code, words), { reason, vendorText: `${code}: ${words}` });
    });
  }
});
