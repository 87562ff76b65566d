import type { Answer } from "./proxy.ts";

/** An error of a service that speaks JSON: its code, its words and the HTTP status. */
export class RestError extends Error {
  override readonly name = "RestError";
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** What an operation works with. */
export interface RestCall {
  region: string;
  /** Milliseconds of the simulator's clock. */
  now: number;
  /** The named parts of the path, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** As it came. */
  body: Buffer;
  header(name: string): string | undefined;
}

/** A good answer. Default: 200. */
export interface RestReply {
  status?: number;
  /** Sent as JSON; a Buffer as it is; absent for an empty answer. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** One operation of a service. */
export interface RestOperation {
  name: string;
  method: string;
  /** `/schedules/{Name}`; a name with a plus takes the rest of the path. */
  path: string;
  run(call: RestCall): Promise<RestReply> | RestReply;
}

/** The operation that a request is for, with the named parts of its path. */
export interface Found {
  operation: RestOperation;
  params: Record<string, string>;
}

/** Finds the operation of a request; undefined when the service has none there. */
export function findOperation(operations: readonly RestOperation[], method: string, path: string): Found | undefined {
  for (const operation of operations) {
    const params = operation.method === method ? matchPath(operation.path, path) : undefined;
    if (params) return { operation, params };
  }
  return undefined;
}

/** Renders what an operation replied. */
export function renderReply({ status = 200, body, headers = {} }: RestReply): Answer {
  if (body === undefined) return { status, headers: { ...headers }, body: Buffer.alloc(0) };
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  return { status, headers: { "content-type": "application/json", ...headers }, body: bytes };
}

/** Renders an error as JSON services do. Lambda names the cause `Type`, the others go by the header. */
export function renderRestError({ code, status, message }: Pick<RestError, "code" | "status" | "message">): Answer {
  return renderReply({ status, body: { Type: "User", Message: message }, headers: { "x-amzn-errortype": code } });
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const names: string[] = [];
  const expression = pattern.replace(/\{(\w+)(\+?)\}/g, (_, name: string, rest: string) => {
    names.push(name);
    return rest ? "(.+)" : "([^/]+)";
  });
  const matched = new RegExp(`^${expression}/?$`).exec(path);
  if (!matched) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(matched[index + 1] ?? "")]));
}
