import { DriverError, type FailureKind } from "../errors.ts";

const kinds: Readonly<Record<number, FailureKind>> = {
  401: "access-denied",
  403: "access-denied",
  404: "not-found",
  429: "rate-limited",
  507: "disk-full",
};

const longestText = 1000;

/** The failure that an answer with this status is. */
export async function statusFailure(what: string, response: Response): Promise<DriverError> {
  const text = await response.text().catch(() => "");
  const details = { kind: kinds[response.status] ?? "failed", vendorText: text.slice(0, longestText) } as const;
  return new DriverError(`${what} answered HTTP ${response.status}`, details);
}

/** The failure of a request that got no answer. */
export function connectionFailure(what: string, error: unknown, signal: AbortSignal | undefined): DriverError {
  if (signal?.aborted) return new DriverError(`${what} was aborted`, { kind: "aborted", cause: error });
  if (error instanceof Error && error.name === "TimeoutError") {
    return new DriverError(`${what} took too long`, { kind: "timeout", cause: error });
  }
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const vendorText = cause instanceof Error ? cause.message : String(cause);
  const isTls = /SSL|TLS|wrong version number|packet length/i.test(vendorText);
  return new DriverError(`${what} got no answer`, {
    kind: "unreachable",
    vendorText,
    cause: error,
    ...(isTls ? { hint: "A registry that speaks plain HTTP needs `insecure: true`." } : {}),
  });
}
