import { ApiError } from "../http/route.ts";

interface Window {
  scope: string;
  /** Calls in each window. */
  limit: number;
  seconds: number;
}

/** Calls a second for each stack and endpoint (Stacks API, "Rate limiting"). */
const stackWindows: Readonly<Record<string, Window>> = {
  "stack.scheduled-jobs": { scope: "list-scheduled-jobs", limit: 10, seconds: 1 },
  "stack.reserve": { scope: "batch-reserve", limit: 10, seconds: 1 },
  "stack.states": { scope: "batch-load-job-states", limit: 20, seconds: 1 },
  "stack.finish": { scope: "finish-job", limit: 100, seconds: 1 },
  "stack.notify": { scope: "stack-notification", limit: 200, seconds: 1 },
  "stack.job": { scope: "show-job", limit: 1000, seconds: 1 },
  "stack.deregister": { scope: "default", limit: 10, seconds: 1 },
};

/** Calls a minute for the whole organization (docs, "REST API rate limits"). */
const restWindow: Window = { scope: "rest", limit: 200, seconds: 60 };

/** Counts calls in sliding windows; turns down what is too much, with the words and headers of the vendor. */
export class RateLimits {
  readonly #calls = new Map<string, number[]>();

  /** @returns the headers for the answer. @throws ApiError 429 */
  count(operation: string, path: string, now: number): Record<string, string> {
    const window = windowOf(operation, path);
    if (!window) return {};
    const key = window === restWindow ? "rest" : `${operation} ${path.split("/")[3]}`;
    const start = now - window.seconds * 1000;
    const calls = (this.#calls.get(key) ?? []).filter((at) => at > start);
    calls.push(now);
    this.#calls.set(key, calls);
    const { scope, limit } = window;
    const reset = Math.max(1, Math.ceil(((calls[0] ?? now) - start) / 1000));
    const headers = {
      "RateLimit-Scope": scope,
      "RateLimit-Limit": String(limit),
      "RateLimit-Remaining": String(Math.max(0, limit - calls.length)),
      "RateLimit-Reset": String(reset),
    };
    if (calls.length <= limit) return headers;
    const message = `You have exceeded your API rate limit. Please wait ${reset} seconds before making more requests.`;
    throw new ApiError(429, message, { scope, limit, current: calls.length, reset }, headers);
  }
}

function windowOf(operation: string, path: string): Window | undefined {
  return path.startsWith("/v2/") ? restWindow : stackWindows[operation];
}
