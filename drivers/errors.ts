/**
 * Why an outside program or service could not do what it was asked. Callers decide on the kind; people read the text.
 *
 * - `aborted`, `timeout`: we stopped waiting; what happened on the other side is unknown until somebody looks again.
 * - `unreachable`, `program-missing`: could not even ask. Never the same as "it is not there".
 * - `not-ours`: it exists without this fleet's mark, so it is left alone.
 * - `unexpected-output`: it answered in a shape that no version we know of uses.
 */
export type FailureKind =
  | "aborted"
  | "timeout"
  | "unreachable"
  | "program-missing"
  | "host-key-mismatch"
  | "access-denied"
  | "not-found"
  | "already-exists"
  | "in-use"
  | "not-running"
  | "already-running"
  | "no-capacity"
  | "quota-exceeded"
  | "slot-limit"
  | "disk-full"
  | "keychain-locked"
  | "no-gui-session"
  | "rate-limited"
  | "invalid-argument"
  | "unexpected-output"
  | "not-ours"
  | "failed";

/** What a failed call left behind to explain it. */
export interface FailureDetails {
  kind: FailureKind;
  /** The vendor's own words, unchanged and without secrets. */
  vendorText?: string;
  /** What a person can do about it; one sentence. */
  hint?: string;
  cause?: unknown;
}

/** A failed call to an outside program or service. The message names the call and where it ran, then the vendor's words. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly kind: FailureKind;
  readonly vendorText: string;
  readonly hint: string | undefined;

  constructor(what: string, details: FailureDetails) {
    const vendorText = details.vendorText?.trim() ?? "";
    super([what, vendorText && indent(vendorText), details.hint && indent(details.hint)].filter(Boolean).join("\n"), {
      cause: details.cause,
    });
    this.kind = details.kind;
    this.vendorText = vendorText;
    this.hint = details.hint;
  }
}

/** True when `error` is a failed call of one of these kinds. */
export function isFailure(error: unknown, ...kinds: FailureKind[]): error is DriverError {
  return error instanceof DriverError && kinds.includes(error.kind);
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
