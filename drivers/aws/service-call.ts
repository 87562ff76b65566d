import { call } from "../ec2/call.ts";
import { DriverError, type FailureKind, isFailure } from "../errors.ts";

/** Which of a service's own error codes means what; common ones are known everywhere. */
export type ServiceKinds = Readonly<Record<string, FailureKind>>;

const CONNECT_MILLISECONDS = 5_000;
const ANSWER_MILLISECONDS = 30_000;

/**
 * What every client of an AWS service is made with: the region, and limits of time. Credentials come from the default
 * chain. The SDK tries again after throttling, a 5xx or a lost connection, and waits longer each time.
 */
export function serviceConfig(region: string) {
  const requestHandler = { connectionTimeout: CONNECT_MILLISECONDS, requestTimeout: ANSWER_MILLISECONDS };
  return { region, maxAttempts: 5, retryMode: "standard", requestHandler } as const;
}

/**
 * Makes one call to an AWS service with a time limit.
 * @throws DriverError with a kind of `kinds`, or one that EC2's calls have too
 */
export async function serviceCall<T>(
  what: string,
  kinds: ServiceKinds,
  signal: AbortSignal | undefined,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    return await call(what, signal, send);
  } catch (error) {
    if (!isFailure(error, "failed")) throw error;
    const kind = kinds[nameOf(error.cause)];
    if (!kind) throw error;
    throw new DriverError(what, { kind, vendorText: error.vendorText, cause: error.cause });
  }
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : "";
}
