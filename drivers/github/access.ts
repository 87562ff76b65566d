import { type Dialect, type JsonApi, jsonApi, type Surroundings } from "../http/api.ts";

/** The runners of one GitHub organization. */
export interface GithubAccess {
  /** Default: GitHub's own. Without a slash at its end. */
  url?: string;
  organization: string;
  /** A token that may administer self-hosted runners of the organization; better one of a GitHub App than a person's. */
  token: string;
}

/** Speaks to the REST API; `path` begins after `/orgs/<organization>/actions`. */
export interface GithubApi extends JsonApi {
  /** The URL of a path of the organization's Actions. */
  actions(path: string): string;
}

/** At most this many things are on a page. */
export const pageSize = 100;

/** Speaks to GitHub's REST API. */
export function githubApi({ url, organization, token }: GithubAccess, around?: Surroundings): GithubApi {
  const headers = { Accept: "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28" };
  const baseUrl = url ?? "https://api.github.com";
  const api = jsonApi({ baseUrl, scheme: "Bearer", token, headers, rateLimitSeconds }, around);
  return { ...api, actions: (path) => `/orgs/${encodeURIComponent(organization)}/actions${path}` };
}

/** A secondary limit without a time asks for "at least one minute" (docs, "Rate limits for the REST API"). */
const secondaryLimitSeconds = 60;

/**
 * GitHub says "too many" with 403 as well as with 429: `Retry-After` in seconds, or `X-RateLimit-Remaining: 0` and
 * `X-RateLimit-Reset` in seconds since 1970, or in words alone.
 */
const rateLimitSeconds: Dialect["rateLimitSeconds"] = ({ status, headers, text }, now) => {
  if (status !== 403 && status !== 429) return undefined;
  const after = seconds(headers.get("retry-after"));
  if (after !== undefined) return Math.max(after, 1);
  const reset = seconds(headers.get("x-ratelimit-reset"));
  if (headers.get("x-ratelimit-remaining") === "0" && reset !== undefined) return Math.max(reset - now / 1000, 1);
  return status === 429 || /rate limit/i.test(text) ? secondaryLimitSeconds : undefined;
};

function seconds(header: string | null): number | undefined {
  const value = Number(header ?? Number.NaN);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
