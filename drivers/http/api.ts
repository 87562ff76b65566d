import { setTimeout as sleepFor } from "node:timers/promises";
import type { z } from "zod";
import { DriverError, type FailureKind, isFailure } from "../errors.ts";
import { connectionFailure, messageOf, RateLimited, statusFailure } from "./failures.ts";

/** For any call. */
export interface CallOptions {
  /** For the whole of a call, with all its waits and attempts; for each page of a list. Default 30. */
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

/** An answer that may be a vendor's way to say "too many requests". */
export interface Refusal {
  status: number;
  headers: Headers;
  text: string;
}

/** How one vendor's API is spoken to. */
export interface Dialect {
  /** Without a slash at its end. */
  baseUrl: string;
  scheme: "Token" | "Bearer";
  /** Goes into the `Authorization` header and nowhere else. */
  token: string;
  /** Sent with each request. */
  headers?: Readonly<Record<string, string>>;
  /** How long to stay away, in seconds; undefined when the answer is about something else. `now` in ms since 1970. */
  rateLimitSeconds(refusal: Refusal, now: number): number | undefined;
}

/** One request and what its answer must look like. */
export interface ApiRequest<T> extends CallOptions {
  /** For messages: `listing the agents of acme`. */
  what: string;
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** From the base URL on, or a whole URL on the same host. */
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: object;
  /** An answer without a body is parsed as undefined. */
  schema: z.ZodType<T>;
  /** What a status means for this call, where it differs from the rest. */
  kindOf?: (status: number, vendorText: string) => FailureKind | undefined;
}

/** A good answer. */
export interface ApiAnswer<T> {
  status: number;
  headers: Headers;
  data: T;
}

/**
 * One vendor's API over HTTP. A rate limit is waited out when its time fits into the call's; a read is repeated after a
 * server error or a broken connection, a write never, because it may have been carried out.
 * Failures are DriverErrors: `access-denied`, `not-found`, `already-exists`, `invalid-argument`, `rate-limited` (a
 * {@link RateLimited}), `unreachable`, `timeout`, `aborted`, `unexpected-output`, `failed`.
 */
export interface JsonApi {
  call<T>(request: ApiRequest<T>): Promise<ApiAnswer<T>>;
  /** Follows `Link: <…>; rel="next"` to the last page. */
  pages<T>(request: ApiRequest<T>): Promise<T[]>;
}

/** What the API takes from its surroundings; tests bring their own. */
export interface Surroundings {
  fetch: typeof fetch;
  /** In ms since 1970. */
  now(): number;
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
}

const defaultTimeoutSeconds = 30;
const readAttempts = 3;
const pauseSeconds = 0.5;

const real: Surroundings = {
  fetch: (input, init) => fetch(input, init),
  now: Date.now,
  sleep: (seconds, signal) => sleepFor(seconds * 1000, undefined, { signal }),
};

/** Speaks to an API. @throws DriverError `invalid-argument` when the token cannot be sent; it is not shown. */
export function jsonApi(dialect: Dialect, around: Surroundings = real): JsonApi {
  if (!/^[\x21-\x7e]+$/.test(dialect.token)) {
    const hint = "A token is one line of printable characters, without spaces.";
    throw new DriverError(`the token for ${dialect.baseUrl} cannot be sent`, { kind: "invalid-argument", hint });
  }
  const call: JsonApi["call"] = async (request) => {
    const deadline = around.now() + (request.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
    const isRead = (request.method ?? "GET") === "GET";
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(dialect, around, request, deadline);
      } catch (error) {
        const wait = secondsToWait(error, isRead && attempt < readAttempts ? attempt : undefined);
        if (wait === undefined || around.now() + wait * 1000 >= deadline) throw error;
        await pause(around, request, wait, deadline);
      }
    }
  };
  return {
    call,
    async pages<T>(request: ApiRequest<T>) {
      const all: T[] = [];
      const seen = new Set<string>();
      let next: ApiRequest<T> | undefined = request;
      while (next) {
        const { data, headers }: ApiAnswer<T> = await call(next);
        all.push(data);
        const path = nextPage(headers.get("link"), dialect.baseUrl);
        if (path && seen.has(path)) throw new DriverError(`${request.what}: the pages go round`, unexpected(path));
        if (path) seen.add(path);
        next = path === undefined ? undefined : { ...request, path, query: {} };
      }
      return all;
    },
  };
}

/** How long to wait before the next attempt; undefined when there is none. */
function secondsToWait(error: unknown, readAttempt: number | undefined): number | undefined {
  if (error instanceof RateLimited) return error.retryAfterSeconds;
  if (readAttempt === undefined || !isFailure(error, "unreachable", "failed")) return undefined;
  return pauseSeconds * readAttempt;
}

async function pause(around: Surroundings, request: ApiRequest<unknown>, seconds: number, deadline: number) {
  const limits = within(around, deadline, request.signal);
  try {
    await around.sleep(seconds, limits);
  } catch (error) {
    throw connectionFailure(request.what, error, request.signal);
  }
}

async function send<T>(
  dialect: Dialect,
  around: Surroundings,
  request: ApiRequest<T>,
  deadline: number,
): Promise<ApiAnswer<T>> {
  const { what, method = "GET", body, signal } = request;
  const headers: Record<string, string> = {
    Accept: "application/json",
    "User-Agent": "mac-runner-fleet",
    ...dialect.headers,
    Authorization: `${dialect.scheme} ${dialect.token}`,
  };
  const init: RequestInit = { method, headers, signal: within(around, deadline, signal) };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response: Response;
  let text: string;
  try {
    response = await around.fetch(urlOf(dialect.baseUrl, request), init);
    text = await response.text();
  } catch (error) {
    throw connectionFailure(what, error, signal);
  }
  if (!response.ok)
    throw refused(dialect, around, request, { status: response.status, headers: response.headers, text });
  return { status: response.status, headers: response.headers, data: parse(request, text) };
}

function refused<T>(dialect: Dialect, around: Surroundings, request: ApiRequest<T>, refusal: Refusal): DriverError {
  const text = refusal.text.replaceAll(dialect.token, "***");
  const seconds = dialect.rateLimitSeconds(refusal, around.now());
  if (seconds !== undefined) return new RateLimited(request.what, refusal.status, seconds, messageOf(text));
  return statusFailure(request.what, refusal.status, text, request.kindOf);
}

function parse<T>({ what, schema }: ApiRequest<T>, text: string): T {
  let json: unknown;
  try {
    json = text.trim() === "" ? undefined : JSON.parse(text);
  } catch {
    throw new DriverError(`${what} was not answered in JSON`, unexpected(text.slice(0, 200)));
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "(all of it)"}: ${issue.message}`);
  throw new DriverError(`${what} was answered in a shape that is not known`, unexpected(problems.join("\n")));
}

function unexpected(vendorText: string) {
  return { kind: "unexpected-output", vendorText } as const;
}

function within(around: Surroundings, deadline: number, signal: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(deadline - around.now())));
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

function urlOf(baseUrl: string, { path, query = {} }: ApiRequest<unknown>): URL {
  const url = new URL(path.startsWith("/") ? `${baseUrl}${path}` : path);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  return url;
}

/** The next page; never on another host, which would be given the token. */
function nextPage(link: string | null, baseUrl: string): string | undefined {
  const next = /<([^>]+)>\s*;[^,]*rel="?next"?/.exec(link ?? "")?.[1];
  if (next === undefined) return undefined;
  const base = new URL(baseUrl);
  const { pathname, search } = new URL(next, base);
  return `${base.origin}${pathname}${search}`;
}
