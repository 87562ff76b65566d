import { z } from "zod";
import { DriverError } from "../errors.ts";
import { toDriverError } from "./errors.ts";

/** The whole of one API call, with all its attempts, ends after this. */
const CALL_SECONDS = 120;

/**
 * Makes one API call with a time limit.
 * @throws DriverError with the kind of `KINDS` in errors.ts, `aborted`, `timeout`, `unreachable`, or `failed`
 */
export async function call<T>(
  what: string,
  signal: AbortSignal | undefined,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(CALL_SECONDS * 1000);
  try {
    return await send({ abortSignal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    throw toDriverError(what, error, signal);
  }
}

/** Follows `NextToken` to the last page. */
export async function allPages<T>(
  readPage: (token: string | undefined) => Promise<{ items: T[] | undefined; nextToken: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const { items = [], nextToken } = await readPage(token);
    all.push(...items);
    token = nextToken || undefined;
  } while (token !== undefined);
  return all;
}

/** Checks the shape of an answer. Throws a DriverError `unexpected-output`. */
export function parseAnswer<T>(what: string, schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new DriverError(what, { kind: "unexpected-output", vendorText: z.prettifyError(parsed.error) });
}
