import { DriverError } from "../../drivers/errors.ts";
import type { GithubJob, GithubJobs } from "../../drivers/github/jobs.ts";
import type { GithubRunnerGroups } from "../../drivers/github/runner-groups.ts";
import type { WaitingJobs } from "./waiting-jobs.ts";

/** The parts of GitHub's API that tell of jobs, and whose jobs and which are the pool's. */
export interface GithubQueue {
  groups: GithubRunnerGroups;
  jobs: GithubJobs;
  /** The name of the runner group; its repositories are asked. */
  group: string;
  /** Those of the pool's runners. */
  labels: readonly string[];
}

/**
 * With two requests for each of 20 repositories (see the settings' rules) and what else a look asks for, this keeps a
 * controller that looks every two minutes below 3,500 of the 5,000 requests that GitHub allows in an hour.
 */
const mostRuns = 60;

/**
 * The jobs of a runner group's repositories that wait for a runner with the pool's labels. Of more active runs than can be
 * asked about, some are left out: a count may be too low then, and never too high.
 */
export function githubWaitingJobs({ groups, jobs, group, labels }: GithubQueue): WaitingJobs {
  const own = new Set(labels.map((label) => label.toLowerCase()));
  const isOwn = (job: GithubJob) =>
    job.status === "queued" && job.labels.every((label) => own.has(label.toLowerCase()));
  return {
    async count(signal) {
      const found = await groups.find(group, { signal });
      if (!found)
        throw new DriverError(`GitHub has no runner group ${group}`, {
          kind: "not-found",
          hint: "`pulumi up` makes it.",
        });
      const repositories = await groups.repositories(found.id, { signal });
      const runs: { repository: string; id: number }[] = [];
      // A run that has begun may still have jobs that wait; one that is queued has nothing else.
      for (const status of ["queued", "in_progress"] as const)
        for (const repository of repositories)
          for (const id of await jobs.runs(repository, status, { signal })) runs.push({ repository, id });
      let count = 0;
      for (const { repository, id } of runs.slice(0, mostRuns))
        count += (await jobs.jobsOf(repository, id, { signal })).filter(isOwn).length;
      return count;
    },
  };
}
