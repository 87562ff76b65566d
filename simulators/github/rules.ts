import { type GithubState, isOnline, type RunnerState, takeId, type WorkflowJobState } from "./state.ts";

/** What a job needs to come into being. */
export interface WorkflowJobRequest {
  repository?: string;
  name?: string;
  /** A runner must have all of them. */
  labels: string[];
  command?: string;
  /** Of the run that it is part of; default: one of its own. */
  runId?: number;
}

/** Makes a workflow run with one job. */
export function addJob(state: GithubState, request: WorkflowJobRequest, now: number): WorkflowJobState {
  const job: WorkflowJobState = {
    id: takeId(state),
    runId: request.runId ?? takeId(state),
    repository: request.repository ?? `${state.organization}/app`,
    name: request.name ?? "build",
    labels: request.labels,
    command: request.command ?? "true",
    status: "queued",
    conclusion: null,
    createdAt: now,
    log: "",
    cancelRequested: false,
  };
  state.jobs.push(job);
  return job;
}

/** The oldest job whose labels this runner has. The case of labels does not matter. */
export function jobFor(state: GithubState, runner: RunnerState): WorkflowJobState | undefined {
  const own = new Set(runner.labels.map((label) => label.toLowerCase()));
  return state.jobs.find((job) => job.status === "queued" && job.labels.every((label) => own.has(label.toLowerCase())));
}

/** Gives a job to a runner. */
export function assign(job: WorkflowJobState, runner: RunnerState, now: number): void {
  job.status = "in_progress";
  job.startedAt = now;
  job.runnerId = runner.id;
  job.runnerName = runner.name;
  runner.jobId = job.id;
}

/** Ends a job. A runner from a JIT config has had its one job and is gone. */
export function complete(
  state: GithubState,
  job: WorkflowJobState,
  conclusion: NonNullable<WorkflowJobState["conclusion"]>,
  now: number,
): void {
  job.status = "completed";
  job.conclusion = conclusion;
  job.completedAt = now;
  state.runners = state.runners.filter((runner) => runner.id !== job.runnerId);
}

/** Cancels a job: at once when no runner has it, else its runner is told. */
export function cancelJob(state: GithubState, job: WorkflowJobState, now: number): void {
  if (job.status === "queued") complete(state, job, "cancelled", now);
  else job.cancelRequested = true;
}

/** Lets everything happen that is due: a job fails whose runner was not heard of for too long. */
export function advance(state: GithubState, now: number): void {
  for (const job of state.jobs) {
    const runner = state.runners.find((item) => item.id === job.runnerId);
    if (job.status === "in_progress" && (!runner || !isOnline(runner, now))) {
      complete(state, job, "failure", now);
      job.log += "The self-hosted runner lost communication with the server.";
    }
  }
}
