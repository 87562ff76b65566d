import { z } from "zod";
import { ApiError, bodyAs, page, type Reply, type Route } from "../../http/route.ts";
import { addJob, cancelJob, describeJob, queueOfAgent, restState } from "../rules.ts";
import { type AgentState, type BuildkiteState, type BuildState, isOver, iso } from "../state.ts";
import { type BuildkiteCall, requireApiToken } from "./access.ts";
import { pauseAgent, stopAgent } from "./agent-actions.ts";

function listAgents(call: BuildkiteCall): Reply {
  requireApiToken(call);
  const { state, query } = call;
  const queueId = query.get("cluster_queue_id");
  const queue = state.queues.find((item) => item.id === queueId)?.key;
  const is = (name: "name" | "hostname" | "version", agent: AgentState) =>
    !query.has(name) || query.get(name) === agent[name];
  const here = state.agents.filter(
    (agent) =>
      (agent.connection === "connected" || agent.connection === "stopping") &&
      is("name", agent) &&
      is("hostname", agent) &&
      is("version", agent) &&
      (queueId === null || queueOfAgent(agent) === queue),
  );
  const { items, headers } = page(call, here);
  return { body: items.map((agent) => describeAgent(agent, call)), headers };
}

function describeAgent(agent: AgentState, call: BuildkiteCall) {
  const { state, url } = call;
  const job = state.jobs.find((item) => item.id === agent.jobId);
  return {
    id: agent.id,
    url: `${url.origin}/v2/organizations/${state.organization}/agents/${agent.id}`,
    name: agent.name,
    connection_state: agent.connection,
    hostname: agent.hostname,
    ip_address: "127.0.0.1",
    user_agent: `buildkite-agent/${agent.version} (${agent.os}; ${agent.arch})`,
    version: agent.version,
    created_at: iso(agent.registeredAt),
    job: job ? describeJob(state, job) : null,
    last_job_finished_at: iso(agent.lastJobFinishedAt),
    priority: agent.priority,
    meta_data: agent.tags,
    queue: queueOfAgent(agent),
    paused: agent.paused !== undefined,
    paused_at: iso(agent.paused?.at),
    paused_note: agent.paused?.note ?? null,
    paused_timeout_in_minutes: agent.paused?.timeoutMinutes ?? null,
  };
}

function agentOf(call: BuildkiteCall): AgentState {
  requireApiToken(call);
  const agent = call.state.agents.find((item) => item.id === call.params.id);
  if (!agent) throw new ApiError(404, "No agent found");
  return agent;
}

function resume(call: BuildkiteCall): Reply {
  const agent = agentOf(call);
  if (!agent.paused) throw new ApiError(422, "Agent is not paused");
  delete agent.paused;
  return { status: 204 };
}

function listBuilds(call: BuildkiteCall): Reply {
  requireApiToken(call);
  const { state, query, params } = call;
  const branch = query.get("branch");
  const wanted = query.get("state");
  const builds = state.builds
    .filter((build) => !params.pipeline || build.pipeline === params.pipeline)
    .filter((build) => branch === null || build.branch === branch)
    .map((build) => describeBuild(state, build))
    .filter((build) => wanted === null || build.state === wanted || (wanted === "finished" && build.finished_at))
    .toReversed();
  const { items, headers } = page(call, builds);
  return { body: items, headers };
}

/** A build is as far as its jobs are. */
function describeBuild(state: BuildkiteState, build: BuildState) {
  const jobs = state.jobs.filter((job) => job.pipeline === build.pipeline && job.buildNumber === build.number);
  const isDone = jobs.every(isOver);
  const ends = jobs.flatMap((job) => job.finishedAt ?? []);
  return {
    id: build.id,
    number: build.number,
    state: isDone ? endState(jobs.map(restState)) : jobs.some((job) => job.startedAt) ? "running" : "scheduled",
    branch: build.branch,
    commit: build.commit,
    message: build.message,
    pipeline: { slug: build.pipeline },
    created_at: iso(build.createdAt),
    finished_at: isDone && ends.length > 0 ? iso(Math.max(...ends)) : null,
    jobs: jobs.map((job) => describeJob(state, job)),
  };
}

function endState(states: readonly string[]): string {
  return states.find((state) => state === "canceled") ?? states.find((state) => state === "failed") ?? "passed";
}

const newBuild = z.object({
  commit: z.string(),
  branch: z.string(),
  message: z.string().default(""),
  env: z.record(z.string(), z.string()).default({}),
});

/** A pipeline has one step here: the command in the build's `COMMAND`, on the queue in `QUEUE`. */
function createBuild(call: BuildkiteCall): Reply {
  requireApiToken(call);
  const { state, now, params } = call;
  const { commit, branch, message, env } = bodyAs(newBuild, call);
  const { COMMAND: command = "true", QUEUE: queue = "default" } = env;
  const job = addJob(state, { pipeline: params.pipeline ?? "", queue, command, env, branch }, now);
  const build = state.builds.find((item) => item.pipeline === job.pipeline && item.number === job.buildNumber);
  if (!build) throw new Error("a job without its build");
  Object.assign(build, { commit, message });
  return { status: 201, body: describeBuild(state, build) };
}

function buildOf(call: BuildkiteCall): BuildState {
  requireApiToken(call);
  const { pipeline, number } = call.params;
  const build = call.state.builds.find((item) => item.pipeline === pipeline && String(item.number) === number);
  if (!build) throw new ApiError(404, "No build found");
  return build;
}

function cancelBuild(call: BuildkiteCall): Reply {
  const build = buildOf(call);
  for (const job of call.state.jobs) {
    if (job.pipeline === build.pipeline && job.buildNumber === build.number) cancelJob(job, call.now);
  }
  return { body: describeBuild(call.state, build) };
}

const organization = "/v2/organizations/:organization";
const agents = `${organization}/agents`;
const builds = `${organization}/pipelines/:pipeline/builds`;

/** The REST API, as far as agents and builds go. */
export const restRoutes: readonly Route<BuildkiteState>[] = [
  { method: "GET", path: agents, operation: "agents.list", run: listAgents },
  {
    method: "GET",
    path: `${agents}/:id`,
    operation: "agents.get",
    run: (c) => ({ body: describeAgent(agentOf(c), c) }),
  },
  { method: "PUT", path: `${agents}/:id/stop`, operation: "agents.stop", run: (c) => stopAgent(agentOf(c), c, true) },
  { method: "PUT", path: `${agents}/:id/pause`, operation: "agents.pause", run: (c) => pauseAgent(agentOf(c), c) },
  { method: "PUT", path: `${agents}/:id/resume`, operation: "agents.resume", run: resume },
  { method: "GET", path: `${organization}/builds`, operation: "builds.list", run: listBuilds },
  { method: "GET", path: builds, operation: "builds.list", run: listBuilds },
  { method: "POST", path: builds, operation: "builds.create", run: createBuild },
  {
    method: "GET",
    path: `${builds}/:number`,
    operation: "builds.get",
    run: (c) => ({ body: describeBuild(c.state, buildOf(c)) }),
  },
  { method: "PUT", path: `${builds}/:number/cancel`, operation: "builds.cancel", run: cancelBuild },
];
