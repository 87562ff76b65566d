import { z } from "zod";
import { ApiError, bodyAs, type Reply, type Route } from "../../http/route.ts";
import { finishJob } from "../rules.ts";
import type { BuildkiteState } from "../state.ts";
import { type BuildkiteCall, callingAgent, jobOf, ownJob } from "./access.ts";
import { describeWork, give } from "./work.ts";

/** An agent takes the job that its ping brought. */
function accept(call: BuildkiteCall): Reply {
  const agent = callingAgent(call);
  const job = jobOf(call);
  const isFree = job.phase === "scheduled" || (job.phase === "assigned" && job.agentId === agent.id);
  if (!isFree) throw new ApiError(422, `Job is ${job.phase} and can't be accepted`);
  give(job, agent);
  return { body: describeWork(job, call.url.origin) };
}

/** An agent takes a job by its id, whatever its rules say. */
function acquire(call: BuildkiteCall): Reply {
  const agent = callingAgent(call);
  const job = jobOf(call);
  if (job.phase === "waiting" && call.header("x-buildkite-lock-acquire-job") === "1") {
    throw new ApiError(423, "Job is waiting for a dependency", {}, { "Retry-After": "1" });
  }
  if (job.phase !== "scheduled" && job.phase !== "reserved") {
    throw new ApiError(422, `Job is ${job.phase} and can't be acquired`);
  }
  give(job, agent);
  return { body: describeWork(job, call.url.origin) };
}

function start(call: BuildkiteCall): Reply {
  const job = ownJob(call);
  if (job.phase !== "accepted") throw new ApiError(422, `Job is ${job.phase} and can't be started`);
  job.phase = "running";
  job.startedAt = call.now;
  return { body: {} };
}

const finishBody = z.object({
  exit_status: z.coerce.number(),
  signal_reason: z.string().optional(),
  ignore_agent_in_dispatches: z.boolean().nullish(),
});

function finish(call: BuildkiteCall): Reply {
  const job = ownJob(call);
  if (job.phase !== "running" && job.phase !== "canceling") {
    throw new ApiError(422, `Job is ${job.phase} and can't be finished`);
  }
  const body = bodyAs(finishBody, call);
  const agent = call.state.agents.find((item) => item.id === job.agentId);
  if (agent && body.ignore_agent_in_dispatches) agent.ignoreInDispatches = true;
  finishJob(call.state, job, body.exit_status, call.now, body.signal_reason);
  return { body: {} };
}

function chunks(call: BuildkiteCall): Reply {
  ownJob(call).log += bodyAs(z.object({ data: z.string() }), call).data;
  return { body: {} };
}

/** The part of the agent API that is about jobs. A log chunk is JSON here, where the real one is compressed. */
export const jobRoutes: readonly Route<BuildkiteState>[] = [
  { method: "PUT", path: "/v3/jobs/:id/accept", operation: "jobs.accept", run: accept },
  { method: "PUT", path: "/v3/jobs/:id/acquire", operation: "jobs.acquire", run: acquire },
  { method: "PUT", path: "/v3/jobs/:id/start", operation: "jobs.start", run: start },
  { method: "PUT", path: "/v3/jobs/:id/finish", operation: "jobs.finish", run: finish },
  { method: "POST", path: "/v3/jobs/:id/chunks", operation: "jobs.chunks", run: chunks },
  { method: "GET", path: "/v3/jobs/:id", operation: "jobs.state", run: (c) => ({ body: { state: ownJob(c).phase } }) },
];
