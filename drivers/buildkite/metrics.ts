import { z } from "zod";
import type { ApiAnswer, CallOptions, Surroundings } from "../http/api.ts";
import { type AgentApiAccess, agentApi } from "./access.ts";

/** Agents that are connected. A paused one counts as idle. */
export interface AgentCounts {
  idle: number;
  busy: number;
  total: number;
}

/** Jobs that are not finished. `waiting` ones depend on others and cannot be taken yet. */
export interface JobCounts {
  scheduled: number;
  running: number;
  waiting: number;
  total: number;
}

/** How busy a queue, or all of them, is. */
export interface Counts {
  agents: AgentCounts;
  jobs: JobCounts;
}

/** One look at a queue. */
export interface QueueMetrics extends Counts {
  /** The organization's slug. */
  organization: string;
  /** Absent for a token without a cluster. */
  cluster: string | undefined;
  /** Buildkite asks not to look again before this. */
  pollAfterSeconds: number | undefined;
}

/** One look at all queues that the token sees. */
export interface ClusterMetrics extends QueueMetrics {
  queues: ReadonlyMap<string, Counts>;
}

/** What Buildkite counts. There is no count by tag, so a pool needs a queue of its own. Failures as in `JsonApi`. */
export interface BuildkiteMetrics {
  all(options?: CallOptions): Promise<ClusterMetrics>;
  /** @throws DriverError `not-found` for a queue that does not exist */
  queue(key: string, options?: CallOptions): Promise<QueueMetrics>;
}

const agentCounts = z.object({ idle: z.number(), busy: z.number(), total: z.number() });
const jobCounts = z.object({
  scheduled: z.number(),
  running: z.number(),
  waiting: z.number().default(0),
  total: z.number(),
});
const queueSchema = z.object({
  agents: agentCounts,
  jobs: jobCounts,
  organization: z.object({ slug: z.string() }),
  cluster: z.object({ name: z.string().nullish() }).nullish(),
});
const allSchema = queueSchema.extend({
  agents: agentCounts.extend({ queues: z.record(z.string(), agentCounts).default({}) }),
  jobs: jobCounts.extend({ queues: z.record(z.string(), jobCounts).default({}) }),
});

const noAgents: AgentCounts = { idle: 0, busy: 0, total: 0 };
const noJobs: JobCounts = { scheduled: 0, running: 0, waiting: 0, total: 0 };

/** Reads the metrics of a cluster. */
export function buildkiteMetrics(access: AgentApiAccess, around?: Surroundings): BuildkiteMetrics {
  const api = agentApi(access, around);
  return {
    async all(options) {
      const what = "reading Buildkite's metrics";
      const answer = await api.call({ ...options, what, path: "/metrics", schema: allSchema });
      const { agents, jobs } = answer.data;
      const keys = new Set([...Object.keys(agents.queues), ...Object.keys(jobs.queues)]);
      const counts = (key: string) => ({ agents: agents.queues[key] ?? noAgents, jobs: jobs.queues[key] ?? noJobs });
      return { ...settle(answer), queues: new Map([...keys].map((key) => [key, counts(key)])) };
    },
    async queue(key, options) {
      const what = `reading Buildkite's metrics of the queue ${key}`;
      const query = { name: key };
      return settle(await api.call({ ...options, what, path: "/metrics/queue", query, schema: queueSchema }));
    },
  };
}

function settle({ data, headers }: ApiAnswer<z.infer<typeof queueSchema>>): QueueMetrics {
  const { idle, busy, total } = data.agents;
  const { scheduled, running, waiting, total: allJobs } = data.jobs;
  const seconds = Number.parseInt(headers.get("buildkite-agent-metrics-poll-duration") ?? "", 10);
  return {
    agents: { idle, busy, total },
    jobs: { scheduled, running, waiting, total: allJobs },
    organization: data.organization.slug,
    cluster: data.cluster?.name ?? undefined,
    pollAfterSeconds: seconds > 0 ? seconds : undefined,
  };
}
