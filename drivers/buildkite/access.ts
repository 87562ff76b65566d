import { z } from "zod";
import { type Dialect, type JsonApi, jsonApi, type Refusal, type Surroundings } from "../http/api.ts";

/** The agent API: metrics and stacks. */
export interface AgentApiAccess {
  /** Default: Buildkite's own. With `/v3`, without a slash at its end. */
  url?: string;
  /** An agent token of the cluster. */
  agentToken: string;
}

/** The REST API of one organization. */
export interface RestAccess {
  /** Default: Buildkite's own. With `/v2`, without a slash at its end. */
  url?: string;
  /** The organization's slug. */
  organization: string;
  /** An API access token with `read_agents` and, to stop and pause, `write_agents`. */
  apiToken: string;
}

/** For answers that say nothing but "done". */
export const noAnswer = z.unknown();

/** Speaks to the agent API. */
export function agentApi({ url, agentToken }: AgentApiAccess, around?: Surroundings): JsonApi {
  const baseUrl = url ?? "https://agent.buildkite.com/v3";
  return jsonApi({ baseUrl, scheme: "Token", token: agentToken, rateLimitSeconds }, around);
}

/** Speaks to the REST API. */
export function restApi({ url, apiToken }: RestAccess, around?: Surroundings): JsonApi {
  const baseUrl = url ?? "https://api.buildkite.com/v2";
  return jsonApi({ baseUrl, scheme: "Bearer", token: apiToken, rateLimitSeconds }, around);
}

/** When a 429 does not say how long, the REST API's window of a minute is over for sure. */
const windowSeconds = 60;

/** `RateLimit-Reset` is the seconds until the window resets (docs, "REST API rate limits" and "Stacks API"). */
const rateLimitSeconds: Dialect["rateLimitSeconds"] = ({ status, headers }: Refusal) => {
  if (status !== 429) return undefined;
  const seconds = Number(headers.get("retry-after") ?? headers.get("ratelimit-reset") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.max(seconds, 1) : windowSeconds;
};
