import { DriverError, type FailureKind } from "../../drivers/errors.ts";
import type { Outcome } from "../../model/ec2-mac/types.ts";

/**
 * Failures after which the order stands and is given again with the same token: it may have been carried out, or it was
 * refused for a reason that has nothing to do with the Mac.
 */
const undecided: ReadonlySet<FailureKind> = new Set([
  "aborted",
  "timeout",
  "unreachable",
  "rate-limited",
  "access-denied",
  "unexpected-output",
]);

/** What a failed action means for the pool. Anything but a DriverError is a mistake of ours and is thrown on. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof DriverError)) throw error;
  const text = error.message;
  if (error.kind === "no-capacity" || error.kind === "quota-exceeded") return { result: error.kind, text };
  if (undecided.has(error.kind) || isServersFault(error)) return { result: "unknown", text };
  return { result: "failed", text };
}

/** The AWS SDK says whose fault an error was. A server that failed may have done it all the same. */
function isServersFault({ cause }: DriverError): boolean {
  return (cause as { $fault?: unknown } | undefined)?.$fault === "server";
}
