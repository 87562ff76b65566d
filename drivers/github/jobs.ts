import { z } from "zod";
import type { CallOptions, Surroundings } from "../http/api.ts";
import { type GithubAccess, githubApi, pageSize } from "./access.ts";

/** A job of a workflow's run. */
export interface GithubJob {
  id: number;
  /** `queued` while no runner has it, `waiting` for a person, `in_progress`, `completed`, ... */
  status: string;
  /** A runner must have all of them. */
  labels: readonly string[];
}

/**
 * Jobs, which GitHub tells of by repository and run; there is no list of those that wait in an organization. The token
 * must be allowed to read the repositories' Actions. Failures as in `JsonApi`.
 */
export interface GithubJobs {
  /** The newest runs of a repository in this state, 100 at most, by their ids. */
  runs(repository: string, status: "queued" | "in_progress", options?: CallOptions): Promise<number[]>;
  /** The jobs of a run's latest attempt, 100 at most. */
  jobsOf(repository: string, runId: number, options?: CallOptions): Promise<GithubJob[]>;
}

const runsSchema = z.object({ workflow_runs: z.array(z.object({ id: z.number() })) });
const jobSchema = z.object({ id: z.number(), status: z.string(), labels: z.array(z.string()).default([]) });
const jobsSchema = z.object({ jobs: z.array(jobSchema) });

/** Reads the runs and jobs of repositories, which are named `owner/name`. */
export function githubJobs(access: GithubAccess, around?: Surroundings): GithubJobs {
  const api = githubApi(access, around);
  const runsOf = (repository: string) =>
    `/repos/${repository.split("/").map(encodeURIComponent).join("/")}/actions/runs`;
  return {
    async runs(repository, status, options) {
      const what = `listing the ${status} runs of ${repository}`;
      const query = { status, per_page: pageSize };
      const { data } = await api.call({ ...options, what, path: runsOf(repository), query, schema: runsSchema });
      return data.workflow_runs.map(({ id }) => id);
    },
    async jobsOf(repository, runId, options) {
      const what = `listing the jobs of run ${runId} of ${repository}`;
      const path = `${runsOf(repository)}/${runId}/jobs`;
      const query = { filter: "latest", per_page: pageSize };
      return (await api.call({ ...options, what, path, query, schema: jobsSchema })).data.jobs;
    },
  };
}
