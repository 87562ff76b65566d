import { DriverError, type FailureKind } from "../errors.ts";

/**
 * What EC2's error codes mean. Most are documented ("Error codes for the Amazon EC2 API"); `HostLimitExceeded` and
 * `InsufficientCapacityOnHost` were seen in the wild. A code that ends in `*` stands for all that start like it.
 */
const KINDS: readonly (readonly [code: string, kind: FailureKind])[] = [
  ["InsufficientHostCapacity", "no-capacity"],
  ["InsufficientCapacityOnHost", "no-capacity"],
  ["InsufficientInstanceCapacity", "no-capacity"],
  ["HostLimitExceeded", "quota-exceeded"],
  ["InstanceLimitExceeded", "quota-exceeded"],
  ["VcpuLimitExceeded", "quota-exceeded"],
  ["RequestLimitExceeded", "rate-limited"],
  ["Throttling*", "rate-limited"],
  ["UnauthorizedOperation", "access-denied"],
  ["AuthFailure", "access-denied"],
  ["AccessDenied*", "access-denied"],
  ["ExpiredToken*", "access-denied"],
  ["RequestExpired", "access-denied"],
  ["InvalidClientTokenId", "access-denied"],
  ["OptInRequired", "access-denied"],
  ["CredentialsProviderError", "access-denied"],
  ["InvalidHostID", "not-found"],
  ["InvalidHostID.NotFound", "not-found"],
  ["InvalidInstanceID.NotFound", "not-found"],
  ["InvalidLaunchTemplateName.NotFoundException", "not-found"],
  ["InvalidLaunchTemplateId.NotFound*", "not-found"],
  ["InvalidAMIID.NotFound", "not-found"],
  ["InvalidAMIID.Unavailable", "not-found"],
  ["IncorrectInstanceState", "not-running"],
  ["IncorrectState", "not-running"],
  ["IdempotentParameterMismatch", "invalid-argument"],
  ["Unsupported*", "invalid-argument"],
  ["Invalid*", "invalid-argument"],
  ["MissingParameter", "invalid-argument"],
  ["TimeoutError", "timeout"],
];

/** What a person can do about it, where EC2's words do not say. */
const HINTS: Partial<Record<FailureKind, string>> = {
  "no-capacity": "AWS has no such Mac free here now, or the host is still scrubbing. Try another zone, or later.",
  "quota-exceeded": "Ask for more at Service Quotas: new accounts may have no Mac hosts at all.",
  "access-denied": "Check which credentials the SDK finds (aws sts get-caller-identity) and what they may do.",
  unreachable: "Check this computer's network, the region, and AWS_ENDPOINT_URL if it is set.",
};

/** Node's names for a connection that did not come about or broke. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EPIPE",
  "ETIMEDOUT",
]);

/** A failed call of the SDK as a DriverError. `what` says what was asked, of whom. */
export function toDriverError(what: string, error: unknown, signal?: AbortSignal): DriverError {
  if (error instanceof DriverError) return error;
  const kind = kindOf(error, signal);
  const hint = HINTS[kind];
  return new DriverError(what, { kind, vendorText: vendorText(error), cause: error, ...(hint ? { hint } : {}) });
}

/** Why ReleaseHosts refused one host. */
export interface ReleaseRefusal {
  reason: "lease" | "occupied" | "gone" | "other";
  /** Of `lease`: the first moment at which AWS takes the host back, as an ISO 8601 time. */
  releasableAt?: string;
  vendorText: string;
}

/**
 * Reads why ReleaseHosts refuses. `Client.InvalidHost.Occupied` is documented (API reference, `ReleaseHosts`); of the
 * others the words decide.
 */
export function parseReleaseRefusal(code: string, message: string): ReleaseRefusal {
  const vendorText = `${code}: ${message}`;
  const after = /release this host any time after (\S+?)\.?$/.exec(message.trim())?.[1];
  if (after !== undefined) return { reason: "lease", releasableAt: after, vendorText };
  if (/InvalidHost\.Occupied/.test(code) || /cannot be released as it is occupied/.test(message))
    return { reason: "occupied", vendorText };
  if (/InvalidHostID/.test(code)) return { reason: "gone", vendorText };
  return { reason: "other", vendorText };
}

function kindOf(error: unknown, signal: AbortSignal | undefined): FailureKind {
  const { name, code, message } = asRecord(error);
  if (name === "AbortError") return signal?.aborted ? "aborted" : "timeout";
  if (UNREACHABLE.has(code)) return "unreachable";
  if (/exceeds your current limit/.test(message)) return "quota-exceeded";
  const known = KINDS.find(([pattern]) =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
  return known?.[1] ?? "failed";
}

function vendorText(error: unknown): string {
  const { name, message } = asRecord(error);
  return name ? `${name}: ${message}` : message;
}

function asRecord(error: unknown): { name: string; code: string; message: string } {
  const { name = "", code = "", message = String(error) } = (error ?? {}) as Record<string, unknown>;
  return { name: String(name), code: String(code), message: String(message) };
}
