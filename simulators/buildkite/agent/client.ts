import { STATUS_CODES } from "node:http";

/** An answer that is not a good one. `status` 0 when there was none. */
export class CallError extends Error {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, status: number, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** One call of the agent API with this token; gives back the parsed answer. @throws CallError */
export async function call(
  endpoint: string,
  token: string,
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
  // biome-ignore lint/suspicious/noExplicitAny: both sides of this protocol are simulated here
): Promise<any> {
  const url = `${endpoint}/${path}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: { Authorization: `Token ${token}`, "Content-Type": "application/json", ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    text = await response.text();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw new CallError(`${method} ${url}: ${cause instanceof Error ? cause.message : cause}`, 0);
  }
  const answer = text === "" ? {} : JSON.parse(text);
  if (response.ok) return answer;
  const status = `${response.status} ${STATUS_CODES[response.status] ?? ""}`;
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  const message = `${method} ${url}: ${status}${answer.message ? `: ${answer.message}` : ""}`;
  throw new CallError(message, response.status, Number.isFinite(after) ? after : undefined);
}
