import { page, type Reply, type Route } from "../../http/route.ts";
import { type GithubState, iso, type WorkflowJobState } from "../state.ts";
import { type GithubCall, refusal, requireToken } from "./access.ts";

/** A job as the REST API shows it. What is about the runner is null while it waits. */
export function describeJob(job: WorkflowJobState) {
  return {
    id: job.id,
    run_id: job.runId,
    run_attempt: 1,
    name: job.name,
    status: job.status,
    conclusion: job.conclusion,
    created_at: iso(job.createdAt),
    started_at: iso(job.startedAt),
    completed_at: iso(job.completedAt),
    labels: job.labels,
    runner_id: job.runnerId ?? null,
    runner_name: job.runnerName ?? null,
    runner_group_id: null,
    runner_group_name: null,
  };
}

/** The jobs of the repository in the path. @throws ApiError 404 for one that has never had any */
function jobsOf(call: GithubCall): WorkflowJobState[] {
  requireToken(call);
  const { organization = "", name = "" } = call.params;
  const repository = `${organization}/${name}`.toLowerCase();
  const isKnown = call.state.repositories.some(({ fullName }) => fullName.toLowerCase() === repository);
  const jobs = call.state.jobs.filter((job) => job.repository.toLowerCase() === repository);
  if (!isKnown && jobs.length === 0) throw refusal(404, "Not Found");
  return jobs;
}

/** A run is queued until the first of its jobs has a runner, and completed with the last. */
function statusOf(jobs: readonly WorkflowJobState[]): WorkflowJobState["status"] {
  if (jobs.every(({ status }) => status === "queued")) return "queued";
  return jobs.every(({ status }) => status === "completed") ? "completed" : "in_progress";
}

function listRuns(call: GithubCall): Reply {
  const runs = [...Map.groupBy(jobsOf(call), ({ runId }) => runId)].map(([id, jobs]) => ({
    id,
    status: statusOf(jobs),
  }));
  const wanted = call.query.get("status");
  const found = runs.filter(({ status }) => wanted === null || status === wanted).toReversed();
  const { items, headers } = page(call, found);
  return { body: { total_count: found.length, workflow_runs: items }, headers };
}

function listJobs(call: GithubCall): Reply {
  const jobs = jobsOf(call).filter(({ runId }) => String(runId) === call.params.id);
  if (jobs.length === 0) throw refusal(404, "Not Found");
  const { items, headers } = page(call, jobs);
  return { body: { total_count: jobs.length, jobs: items.map(describeJob) }, headers };
}

const runs = "/repos/:organization/:name/actions/runs";

/** The REST API of workflow runs, as far as it tells of jobs that wait. */
export const runRoutes: readonly Route<GithubState>[] = [
  { method: "GET", path: runs, operation: "runs.list", run: listRuns },
  { method: "GET", path: `${runs}/:id/jobs`, operation: "runs.jobs", run: listJobs },
];
