import { DriverError, type FailureDetails, type FailureKind } from "../errors.ts";

/** A call that the vendor turned away because there were too many. Nothing was carried out. */
export class RateLimited extends DriverError {
  /** How long the vendor asks to stay away. */
  readonly retryAfterSeconds: number;

  constructor(what: string, status: number, retryAfterSeconds: number, vendorText: string) {
    const hint = `The next call is allowed in ${Math.ceil(retryAfterSeconds)} s.`;
    super(`${what} answered HTTP ${status}`, { kind: "rate-limited", vendorText, hint });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What HTTP statuses mean. Others are `failed`. */
const kinds: Readonly<Record<number, FailureKind>> = {
  400: "invalid-argument",
  401: "access-denied",
  403: "access-denied",
  404: "not-found",
  409: "already-exists",
  422: "invalid-argument",
};

const longestText = 1000;

/** The failure that an answer with this status is. `kindOf` says what a status means for this very call. */
export function statusFailure(
  what: string,
  status: number,
  text: string,
  kindOf: (status: number, vendorText: string) => FailureKind | undefined = () => undefined,
): DriverError {
  const vendorText = messageOf(text);
  const details: FailureDetails = { kind: kindOf(status, vendorText) ?? kinds[status] ?? "failed", vendorText };
  if (status === 401) details.hint = "Check that the token is right, has not expired and may do this.";
  return new DriverError(`${what} answered HTTP ${status}`, details);
}

/** The failure of a request that got no answer. */
export function connectionFailure(what: string, error: unknown, signal: AbortSignal | undefined): DriverError {
  if (signal?.aborted) return new DriverError(`${what} was aborted`, { kind: "aborted", cause: error });
  if (error instanceof Error && error.name === "TimeoutError") {
    return new DriverError(`${what} took too long`, { kind: "timeout", cause: error });
  }
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const vendorText = cause instanceof Error ? cause.message : String(cause);
  return new DriverError(`${what} got no answer`, { kind: "unreachable", vendorText, cause: error });
}

/** The vendor's words: `message` and `errors` of a JSON answer; any other text as it is. Both vendors use these two names. */
export function messageOf(text: string): string {
  const short = text.slice(0, longestText);
  try {
    const { message, errors } = JSON.parse(text) as { message?: unknown; errors?: unknown };
    if (typeof message !== "string") return short;
    return errors === undefined ? message : `${message} ${JSON.stringify(errors)}`.slice(0, longestText);
  } catch {
    return short;
  }
}
