import { jobFor } from "../rules.ts";
import type { AgentState, BuildkiteState, JobState } from "../state.ts";

/** The job that a ping brings: the one that the agent was given before, or the best that waits. */
export function handOut(state: BuildkiteState, agent: AgentState, isDuplicated: boolean): JobState | undefined {
  const given = state.jobs.find((job) => job.id === agent.jobId && job.phase === "assigned");
  const job = given ?? jobFor(state, agent);
  // A duplicated job stays where others find it as well; whoever accepts it first has it.
  if (!job || isDuplicated) return job;
  job.phase = "assigned";
  job.agentId = agent.id;
  agent.jobId = job.id;
  return job;
}

/** The agent takes the job for good. */
export function give(job: JobState, agent: AgentState): void {
  job.phase = "accepted";
  job.agentId = agent.id;
  agent.jobId = job.id;
  delete job.reservation;
}

/** A job as the agent API shows it. */
export function describeWork(job: JobState, origin: string) {
  return {
    id: job.id,
    endpoint: `${origin}/v3`,
    state: job.phase,
    token: job.token,
    chunks_max_size_bytes: 102_400,
    env: {
      ...job.env,
      BUILDKITE: "true",
      BUILDKITE_JOB_ID: job.id,
      BUILDKITE_COMMAND: job.command,
      BUILDKITE_LABEL: job.label,
      BUILDKITE_PIPELINE_SLUG: job.pipeline,
      BUILDKITE_BUILD_NUMBER: String(job.buildNumber),
    },
  };
}
