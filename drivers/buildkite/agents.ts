import { z } from "zod";
import { isFailure } from "../errors.ts";
import type { CallOptions, Surroundings } from "../http/api.ts";
import { noAnswer, type RestAccess, restApi } from "./access.ts";

/** An agent as the REST API shows it. Times are ISO 8601. */
export interface BuildkiteAgent {
  id: string;
  name: string;
  /** `connected`, `stopping`, `stopped`, `disconnected`, `lost` or `never_connected`. */
  state: string;
  hostname: string;
  /** Of the agent program; empty when it is not known. */
  version: string;
  /** `key=value`, as it registered with; they never change. */
  tags: readonly string[];
  /** The job that it runs now. */
  jobId: string | undefined;
  lastJobFinishedAt: string | undefined;
  createdAt: string | undefined;
  paused: boolean;
  pausedNote: string | undefined;
}

/** Which agents. Names and versions are matched exactly. */
export interface AgentFilter {
  name?: string;
  hostname?: string;
  version?: string;
  /** The queue's id, not its key. */
  queueId?: string;
}

/** The agents of an organization. Failures as in `JsonApi`. */
export interface BuildkiteAgents {
  /** Those that are connected or stopping; Buildkite leaves out the others. */
  list(filter?: AgentFilter, options?: CallOptions): Promise<BuildkiteAgent[]>;
  /** One agent, connected or not; undefined when there is none. */
  get(id: string, options?: CallOptions): Promise<BuildkiteAgent | undefined>;
  /**
   * Lets the agent take no further job and end. With `force` its job and the whole build are cancelled, without it the
   * job is finished first. Succeeds when it has ended already.
   */
  stop(id: string, how: { force: boolean }, options?: CallOptions): Promise<void>;
  /** Lets the agent take no job for a while. A paused agent that should end stays alive until it is resumed (3.93). */
  pause(id: string, why: { note: string; timeoutMinutes: number }, options?: CallOptions): Promise<void>;
  resume(id: string, options?: CallOptions): Promise<void>;
}

const agentSchema = z.object({
  id: z.string(),
  name: z.string(),
  connection_state: z.string(),
  hostname: z.string().nullish(),
  version: z.string().nullish(),
  meta_data: z.array(z.string()).nullish(),
  job: z.object({ id: z.string() }).nullish(),
  last_job_finished_at: z.string().nullish(),
  created_at: z.string().nullish(),
  paused: z.boolean().nullish(),
  paused_note: z.string().nullish(),
});

const pageSize = 100;

/** Reads and steers the agents of an organization. */
export function buildkiteAgents(access: RestAccess, around?: Surroundings): BuildkiteAgents {
  const api = restApi(access, around);
  const agents = `/organizations/${encodeURIComponent(access.organization)}/agents`;
  const one = (id: string, action = "") => `${agents}/${encodeURIComponent(id)}${action}`;

  const get: BuildkiteAgents["get"] = async (id, options) => {
    const what = `looking for the Buildkite agent ${id}`;
    try {
      return settle((await api.call({ ...options, what, path: one(id), schema: agentSchema })).data);
    } catch (error) {
      if (isFailure(error, "not-found")) return undefined;
      throw error;
    }
  };
  const put = async (what: string, path: string, body: object, options: CallOptions | undefined) => {
    await api.call({ ...options, what, method: "PUT", path, body, schema: noAnswer });
  };
  return {
    get,
    async list(filter = {}, options) {
      const what = `listing the Buildkite agents of ${access.organization}`;
      const { queueId, ...rest } = filter;
      const query = { ...rest, cluster_queue_id: queueId, per_page: pageSize };
      const pages = await api.pages({ ...options, what, path: agents, query, schema: z.array(agentSchema) });
      // An agent that connects or goes between two pages moves the others, so one may be seen twice.
      return [...new Map(pages.flat().map((agent) => [agent.id, settle(agent)])).values()];
    },
    async stop(id, { force }, options) {
      try {
        // `force` is always said: Buildkite's default is true.
        await put(`stopping the Buildkite agent ${id}`, one(id, "/stop"), { force }, options);
      } catch (error) {
        if (!isFailure(error, "invalid-argument", "not-found")) throw error;
        const agent = await get(id, options);
        if (agent && !hasEnded(agent, force)) throw error;
      }
    },
    async pause(id, { note, timeoutMinutes }, options) {
      const body = { note, timeout_in_minutes: timeoutMinutes };
      await put(`pausing the Buildkite agent ${id}`, one(id, "/pause"), body, options);
    },
    async resume(id, options) {
      await put(`resuming the Buildkite agent ${id}`, one(id, "/resume"), {}, options);
    },
  };
}

/** An agent that is stopping has been told; but not to drop its job. */
function hasEnded({ state }: BuildkiteAgent, force: boolean): boolean {
  return state === "stopping" ? !force : state !== "connected";
}

function settle(agent: z.infer<typeof agentSchema>): BuildkiteAgent {
  return {
    id: agent.id,
    name: agent.name,
    state: agent.connection_state,
    hostname: agent.hostname ?? "",
    version: agent.version ?? "",
    tags: agent.meta_data ?? [],
    jobId: agent.job?.id,
    lastJobFinishedAt: agent.last_job_finished_at ?? undefined,
    createdAt: agent.created_at ?? undefined,
    paused: agent.paused ?? false,
    pausedNote: agent.paused_note ?? undefined,
  };
}
