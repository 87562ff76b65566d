import { z } from "zod";
import type { CallOptions } from "../http/api.ts";

/** A job that waits for somebody to run it. Times are ISO 8601. */
export interface ScheduledJob {
  id: string;
  priority: number;
  /** `key=value`, all of which an agent must have. `--acquire-job` does not look at them: whoever reserves must. */
  agentQueryRules: readonly string[];
  scheduledAt: string | undefined;
  /** The pipeline's slug. */
  pipeline: string | undefined;
  buildNumber: number | undefined;
  branch: string | undefined;
  stepKey: string | undefined;
}

/** One page of what waits in a queue, oldest first. */
export interface ScheduledJobs {
  jobs: ScheduledJob[];
  /** Somebody paused the queue: start nothing. */
  dispatchPaused: boolean;
  /** For `after`, when there is more. */
  nextCursor: string | undefined;
}

/** Which jobs are ours now. */
export interface Reservation {
  reserved: string[];
  /** Taken by another, cancelled or finished. */
  notReserved: string[];
}

/** A line for a job's page. */
export interface StackNotification {
  jobId: string;
  /** Cut after 256 characters. */
  detail: string;
}

/** Notifications that Buildkite turned down. */
export interface NotificationProblem {
  reason: string;
  jobIds: string[];
}

/**
 * A stack: a program that takes jobs from Buildkite and starts an agent for each. Lists may be of any length; they are
 * sent in pieces that Buildkite accepts. Failures as in `JsonApi`.
 */
export interface BuildkiteStack {
  /**
   * Makes the stack known, or again. Needed before anything else.
   * @throws DriverError `quota-exceeded` when the organization may have no more stacks
   */
  register(
    about: { queueKey: string; metadata?: Readonly<Record<string, string>> },
    options?: CallOptions,
  ): Promise<void>;
  /** Succeeds when it is not known. */
  deregister(options?: CallOptions): Promise<void>;
  /** What waits in a queue and is reserved by nobody. Asking also shows the queue as connected. */
  scheduledJobs(
    queueKey: string,
    page?: { limit?: number; after?: string },
    options?: CallOptions,
  ): Promise<ScheduledJobs>;
  /** Takes jobs for us, or keeps them for longer. `expirySeconds` is at most 3600. */
  reserve(jobIds: readonly string[], expirySeconds: number, options?: CallOptions): Promise<Reservation>;
  /** A job's environment and command; undefined when there is no such job. */
  job(id: string, options?: CallOptions): Promise<{ env: Record<string, string>; command: string } | undefined>;
  /** The state of each job that Buildkite knows. */
  states(jobIds: readonly string[], options?: CallOptions): Promise<Map<string, string>>;
  /** Ends a job that no agent will run, with the reason in words (cut after 4 KB). Once for each job. */
  finish(id: string, how: { exitStatus: number; detail: string }, options?: CallOptions): Promise<void>;
  /** Puts a line on the page of each job. @returns what was turned down */
  notify(notifications: readonly StackNotification[], options?: CallOptions): Promise<NotificationProblem[]>;
}

/** The answer of `scheduled-jobs`. Nested objects are always there, their values may be null. */
export const scheduledJobsSchema = z.object({
  jobs: z.array(
    z.object({
      id: z.string(),
      priority: z.number().nullish(),
      agent_query_rules: z.array(z.string()).nullish(),
      scheduled_at: z.string().nullish(),
      pipeline: z.object({ slug: z.string().nullish() }).nullish(),
      build: z.object({ number: z.number().nullish(), branch: z.string().nullish() }).nullish(),
      step: z.object({ key: z.string().nullish() }).nullish(),
    }),
  ),
  page_info: z.object({ has_next_page: z.boolean(), end_cursor: z.string().nullish() }).nullish(),
  cluster_queue: z.object({ dispatch_paused: z.boolean() }),
});

/** Brings that answer into our words. */
export function toScheduledJobs(answer: z.infer<typeof scheduledJobsSchema>): ScheduledJobs {
  const jobs = answer.jobs.map((job) => ({
    id: job.id,
    priority: job.priority ?? 0,
    agentQueryRules: job.agent_query_rules ?? [],
    scheduledAt: job.scheduled_at ?? undefined,
    pipeline: job.pipeline?.slug ?? undefined,
    buildNumber: job.build?.number ?? undefined,
    branch: job.build?.branch ?? undefined,
    stepKey: job.step?.key ?? undefined,
  }));
  const page = answer.page_info;
  return {
    // The same job twice is one job.
    jobs: [...new Map(jobs.map((job) => [job.id, job])).values()],
    dispatchPaused: answer.cluster_queue.dispatch_paused,
    nextCursor: page?.has_next_page ? (page.end_cursor ?? undefined) : undefined,
  };
}
