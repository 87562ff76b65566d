import { z } from "zod";
import { ApiError, bodyAs, type Reply, type Route } from "../../http/route.ts";
import { leave, queueOf, queueOfAgent } from "../rules.ts";
import { type AgentState, type BuildkiteState, newId, newToken } from "../state.ts";
import { type BuildkiteCall, callingAgent, requireAgentToken } from "./access.ts";
import { pauseAgent, stopAgent } from "./agent-actions.ts";
import { describeWork, handOut } from "./work.ts";

const registration = z.object({
  name: z.string(),
  hostname: z.string().default(""),
  os: z.string().default(""),
  arch: z.string().default(""),
  version: z.string().default(""),
  priority: z.string().default(""),
  ignore_in_dispatches: z.boolean().default(false),
  meta_data: z.array(z.string()).nullish(),
});

function register(call: BuildkiteCall): Reply {
  requireAgentToken(call);
  const { name, hostname, os, arch, version, priority, ...rest } = bodyAs(registration, call);
  const agent: AgentState = {
    id: newId(),
    accessToken: newToken(),
    name,
    hostname,
    os,
    arch,
    version,
    priority: Number(priority) || 0,
    tags: rest.meta_data?.length ? rest.meta_data : ["queue=default"],
    ignoreInDispatches: rest.ignore_in_dispatches,
    connection: "never_connected",
    registeredAt: call.now,
    lastSeenAt: call.now,
  };
  queueOf(call.state, queueOfAgent(agent));
  call.state.agents.push(agent);
  return {
    body: {
      id: agent.id,
      name,
      access_token: agent.accessToken,
      endpoint: `${call.url.origin}/v3`,
      ping_interval: call.state.pingIntervalSeconds,
      job_status_interval: 1,
      heartbeat_interval: 60,
      meta_data: agent.tags,
    },
  };
}

function connect(call: BuildkiteCall): Reply {
  callingAgent(call).connection = "connected";
  return { body: {} };
}

function disconnect(call: BuildkiteCall): Reply {
  leave(call.state, callingAgent(call), "disconnected", call.now);
  return { body: {} };
}

function ping(call: BuildkiteCall): Reply {
  const agent = callingAgent(call);
  if (agent.told) return { body: { action: "disconnect" } };
  if (agent.paused) return { body: { action: "pause", message: `Paused: ${agent.paused.note}` } };
  const job = handOut(call.state, agent, call.fault?.effect === "duplicated-job");
  return { body: job ? { job: describeWork(job, call.url.origin) } : {} };
}

function heartbeat(call: BuildkiteCall): Reply {
  const agent = callingAgent(call);
  return { body: { ...(call.body as object), received_at: new Date(agent.lastSeenAt).toISOString() } };
}

/** What an agent may do to itself, from inside a job too. */
const self = {
  stop: (call: BuildkiteCall) => stopAgent(callingAgent(call), call),
  pause: (call: BuildkiteCall) => pauseAgent(callingAgent(call), call),
  resume: (call: BuildkiteCall) => {
    const agent = callingAgent(call);
    if (!agent.paused) throw new ApiError(422, "Agent is not paused");
    delete agent.paused;
    return { body: {} };
  },
};

/** The part of the agent API that is about agents. */
export const agentRoutes: readonly Route<BuildkiteState>[] = [
  { method: "POST", path: "/v3/register", operation: "register", run: register },
  { method: "POST", path: "/v3/connect", operation: "connect", run: connect },
  { method: "GET", path: "/v3/ping", operation: "ping", run: ping },
  { method: "POST", path: "/v3/heartbeat", operation: "heartbeat", run: heartbeat },
  { method: "POST", path: "/v3/disconnect", operation: "disconnect", run: disconnect },
  { method: "POST", path: "/v3/stop", operation: "stop", run: self.stop },
  { method: "POST", path: "/v3/pause", operation: "pause", run: self.pause },
  { method: "POST", path: "/v3/resume", operation: "resume", run: self.resume },
];
