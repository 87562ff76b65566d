import { ApiError, type Call } from "../../http/route.ts";
import type { AgentState, BuildkiteState, ClusterTokenState, JobState, StackState } from "../state.ts";

/** A call to the simulated Buildkite. */
export type BuildkiteCall = Call<BuildkiteState>;

function shown(call: BuildkiteCall, scheme: "Token" | "Bearer"): string | undefined {
  const [given, token] = (call.header("authorization") ?? "").split(" ");
  return given === scheme ? token : undefined;
}

/** @throws ApiError 401 without an agent token */
export function requireAgentToken(call: BuildkiteCall): void {
  const token = shown(call, "Token");
  const isLive = ({ secret, expiresAt }: ClusterTokenState) =>
    secret === token && (expiresAt === undefined || call.now < expiresAt);
  if (token && (call.state.agentTokens.includes(token) || call.state.clusterTokens.some(isLive))) return;
  throw new ApiError(401, "Invalid agent registration token");
}

/** @throws ApiError 401 without an API token, 404 for another organization */
export function requireApiToken(call: BuildkiteCall): void {
  const token = shown(call, "Bearer");
  if (!token || !call.state.apiTokens.includes(token)) throw new ApiError(401, "Authentication required");
  if (call.params.organization !== call.state.organization) throw new ApiError(404, "No organization found");
}

/** The agent that calls, by its session or by the token of its job. @throws ApiError 401 */
export function callingAgent(call: BuildkiteCall): AgentState {
  const token = shown(call, "Token");
  const job = call.state.jobs.find((item) => item.token === token);
  const agent = call.state.agents.find((item) => item.accessToken === token || (job && item.jobId === job.id));
  if (!token || !agent || agent.connection === "disconnected" || agent.connection === "lost") {
    throw new ApiError(401, "Invalid access token");
  }
  agent.lastSeenAt = call.now;
  return agent;
}

/** The job in the path. @throws ApiError 404 */
export function jobOf(call: BuildkiteCall): JobState {
  const job = call.state.jobs.find((item) => item.id === call.params.id);
  if (!job) throw new ApiError(404, "No job found");
  return job;
}

/** The job in the path, for who shows its token. @throws ApiError 401, 404 */
export function ownJob(call: BuildkiteCall): JobState {
  const job = jobOf(call);
  if (shown(call, "Token") !== job.token) throw new ApiError(401, "Invalid access token");
  const agent = call.state.agents.find((item) => item.id === job.agentId);
  if (agent) agent.lastSeenAt = call.now;
  return job;
}

/** The stack in the path. @throws ApiError 401, 404 */
export function stackOf(call: BuildkiteCall): StackState {
  requireAgentToken(call);
  const stack = call.state.stacks.find((item) => item.key === call.params.key);
  if (!stack) throw new ApiError(404, "Stack not found");
  stack.lastConnectedAt = call.now;
  return stack;
}
