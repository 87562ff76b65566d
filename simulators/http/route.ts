import { z } from "zod";
import type { Fault } from "./faults.ts";

/** What a route works with. */
export interface Call<State> {
  state: State;
  /** Simulated ms since 1970. */
  now: number;
  /** The named parts of the path, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Parsed JSON; an empty object when there is no body. */
  body: unknown;
  header(name: string): string | undefined;
  /** Where the call went, as the client sees it. */
  url: { origin: string; pathname: string };
  /** A planned fault that the route itself has to play. */
  fault: Fault | undefined;
}

/** A good answer. Default: 200. */
export interface Reply {
  status?: number;
  /** Sent as JSON; absent for an empty answer. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** One call that a simulator understands. `operation` is what faults name it by. */
export interface Route<State> {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Hono's syntax: `/v3/jobs/:id`. */
  path: string;
  operation: string;
  run(call: Call<State>): Reply;
}

/** An answer that turns the call down. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, more: object = {}, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.body = { message, ...more };
    this.headers = headers;
  }
}

/** The body in the shape that the call needs. @throws ApiError with this status */
export function bodyAs<T>(schema: z.ZodType<T>, call: Call<unknown>, status = 422): T {
  const parsed = schema.safeParse(call.body);
  if (parsed.success) return parsed.data;
  throw new ApiError(status, z.prettifyError(parsed.error));
}

/** One page of a list and the `Link` header that leads to the next one. Both vendors page like this. */
export function page<T>(call: Call<unknown>, items: readonly T[]): { items: T[]; headers: Record<string, string> } {
  const size = Math.min(Number(call.query.get("per_page") ?? 30), 100);
  const number = Number(call.query.get("page") ?? 1);
  const end = number * size;
  const headers: Record<string, string> = {};
  if (end < items.length) {
    const query = new URLSearchParams(call.query);
    query.set("page", String(number + 1));
    headers.Link = `<${call.url.origin}${call.url.pathname}?${query}>; rel="next"`;
  }
  return { items: items.slice(end - size, end), headers };
}
