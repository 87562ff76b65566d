import { ApiError, type Reply, type Route } from "../../http/route.ts";
import { queueOfAgent } from "../rules.ts";
import { type AgentState, type BuildkiteState, isWithAgent, type JobState } from "../state.ts";
import { type BuildkiteCall, requireAgentToken } from "./access.ts";

function countAgents(agents: readonly AgentState[]) {
  const here = agents.filter(({ connection }) => connection === "connected" || connection === "stopping");
  const busy = here.filter((agent) => agent.jobId !== undefined).length;
  return { idle: here.length - busy, busy, total: here.length };
}

/** A reserved job is a scheduled one for who counts. */
function countJobs(jobs: readonly JobState[]) {
  const scheduled = jobs.filter(({ phase }) => phase === "scheduled" || phase === "reserved").length;
  const running = jobs.filter(isWithAgent).length;
  const waiting = jobs.filter(({ phase }) => phase === "waiting").length;
  return { scheduled, running, waiting, total: scheduled + running + waiting };
}

function ofQueue(state: BuildkiteState, key: string) {
  return {
    agents: countAgents(state.agents.filter((agent) => queueOfAgent(agent) === key)),
    jobs: countJobs(state.jobs.filter((job) => job.queue === key)),
  };
}

function reply(state: BuildkiteState, counts: object): Reply {
  return {
    body: { ...counts, organization: { slug: state.organization }, cluster: { name: state.cluster } },
    headers: { "Buildkite-Agent-Metrics-Poll-Duration": String(state.metricsPollSeconds) },
  };
}

function all(call: BuildkiteCall): Reply {
  requireAgentToken(call);
  const { state } = call;
  const queues = state.queues.map(({ key }) => [key, ofQueue(state, key)] as const);
  const byQueue = (kind: "agents" | "jobs") => Object.fromEntries(queues.map(([key, counts]) => [key, counts[kind]]));
  return reply(state, {
    agents: { ...countAgents(state.agents), queues: byQueue("agents") },
    jobs: { ...countJobs(state.jobs), queues: byQueue("jobs") },
  });
}

function one(call: BuildkiteCall): Reply {
  requireAgentToken(call);
  const key = call.query.get("name") ?? "";
  if (!call.state.queues.some((queue) => queue.key === key)) throw new ApiError(404, "Queue not found");
  return reply(call.state, ofQueue(call.state, key));
}

/** Counts of agents and jobs. */
export const metricsRoutes: readonly Route<BuildkiteState>[] = [
  { method: "GET", path: "/v3/metrics", operation: "metrics", run: all },
  { method: "GET", path: "/v3/metrics/queue", operation: "metrics.queue", run: one },
];
