import { z } from "zod";
import { ApiError, bodyAs, type Reply } from "../../http/route.ts";
import { cancelJob } from "../rules.ts";
import type { AgentState } from "../state.ts";
import type { BuildkiteCall } from "./access.ts";

/** The longest pause is seven days. */
const longestPauseMinutes = 10_080;

const pauseBody = z.object({
  note: z.string().default(""),
  timeout_in_minutes: z.int().positive().max(longestPauseMinutes).default(5),
});

/** Tells an agent to end. By the REST API `force` is the default; the agent's own call has none. */
export function stopAgent(agent: AgentState, call: BuildkiteCall, forceByDefault = false): Reply {
  const { force } = bodyAs(z.object({ force: z.boolean().default(forceByDefault) }), call);
  if (agent.connection !== "connected") throw new ApiError(400, "Can only stop connected agents");
  agent.connection = "stopping";
  agent.told = force ? "force-stop" : "stop";
  const job = call.state.jobs.find((item) => item.id === agent.jobId);
  if (force && job) cancelJob(job, call.now);
  return { status: 204 };
}

/** Lets an agent take no job for a while. */
export function pauseAgent(agent: AgentState, call: BuildkiteCall): Reply {
  const { note, timeout_in_minutes: timeoutMinutes } = bodyAs(pauseBody, call);
  if (agent.paused) throw new ApiError(422, "Agent is already paused");
  agent.paused = { at: call.now, note, timeoutMinutes };
  return { status: 204 };
}
