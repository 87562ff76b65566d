import {
  type AgentState,
  type BuildkiteState,
  isOver,
  iso,
  isWithAgent,
  type JobState,
  newId,
  newToken,
  type QueueState,
} from "./state.ts";

/** An agent is lost after three to four minutes without a sign of life; its job ends with exit status -1. */
const LOST_AFTER_MS = 200_000;

const DEFAULT_QUEUE = "default";

/** What a job needs to come into being. */
export interface JobRequest {
  pipeline?: string;
  queue?: string;
  /** `key=value` of tags that an agent must have. */
  rules?: string[];
  priority?: number;
  command?: string;
  env?: Record<string, string>;
  label?: string;
  stepKey?: string;
  branch?: string;
  /** It waits for others and cannot be taken yet. */
  waiting?: boolean;
}

/** Makes a build with one job. The queue is made when there is none. */
export function addJob(state: BuildkiteState, request: JobRequest, now: number): JobState {
  const pipeline = request.pipeline ?? "app";
  const queue = queueOf(state, request.queue ?? DEFAULT_QUEUE);
  const number = 1 + state.builds.filter((build) => build.pipeline === pipeline).length;
  const branch = request.branch ?? "main";
  state.builds.push({ id: newId(), number, pipeline, branch, commit: "HEAD", message: "", createdAt: now });
  const job: JobState = {
    id: newId(),
    token: newToken(),
    phase: request.waiting ? "waiting" : "scheduled",
    queue: queue.key,
    rules: request.rules ?? [],
    priority: request.priority ?? 0,
    command: request.command ?? "true",
    env: request.env ?? {},
    label: request.label ?? "",
    stepKey: request.stepKey ?? null,
    pipeline,
    buildNumber: number,
    createdAt: now,
    scheduledAt: now,
    log: "",
    notifications: [],
  };
  state.jobs.push(job);
  return job;
}

/** The queue with this key, made when there is none. */
export function queueOf(state: BuildkiteState, key: string): QueueState {
  const known = state.queues.find((queue) => queue.key === key);
  if (known) return known;
  const queue = { id: newId(), key, dispatchPaused: false };
  state.queues.push(queue);
  return queue;
}

/** The queue that an agent serves, by its tags. */
export function queueOfAgent(agent: AgentState): string {
  return agent.tags.find((tag) => tag.startsWith("queue="))?.slice("queue=".length) ?? DEFAULT_QUEUE;
}

/** The job that this agent should get: of its queue, with all the tags it asks for; urgent ones first, then old ones. */
export function jobFor(state: BuildkiteState, agent: AgentState): JobState | undefined {
  if (agent.ignoreInDispatches || agent.paused || agent.connection !== "connected") return undefined;
  const key = queueOfAgent(agent);
  if (queueOf(state, key).dispatchPaused) return undefined;
  return state.jobs
    .filter((job) => job.phase === "scheduled" && job.queue === key && job.rules.every((rule) => hasTag(agent, rule)))
    .toSorted((a, b) => b.priority - a.priority || a.scheduledAt - b.scheduledAt)[0];
}

/** `key=value`, where `*` is any value. */
function hasTag(agent: AgentState, rule: string): boolean {
  if (!rule.endsWith("=*")) return agent.tags.includes(rule);
  return agent.tags.some((tag) => tag.startsWith(rule.slice(0, -1)));
}

/** Ends a job, whoever had it. */
export function finishJob(state: BuildkiteState, job: JobState, exitStatus: number, now: number, reason = ""): void {
  const agent = state.agents.find((item) => item.jobId === job.id);
  if (agent) {
    delete agent.jobId;
    agent.lastJobFinishedAt = now;
  }
  job.phase = job.phase === "canceling" ? "canceled" : "finished";
  job.exitStatus = exitStatus;
  job.finishedAt = now;
  delete job.reservation;
  if (reason) job.signalReason = reason;
}

/** Cancels a job: at once when nobody has it, else its agent is told. */
export function cancelJob(job: JobState, now: number): void {
  if (isOver(job)) return;
  job.phase = isWithAgent(job) ? "canceling" : "canceled";
  if (job.phase === "canceled") job.finishedAt = now;
}

/** An agent goes. A job that it had not accepted yet is there for others, one that it had begun fails. */
export function leave(state: BuildkiteState, agent: AgentState, how: "disconnected" | "lost", now: number): void {
  agent.connection = how;
  const job = state.jobs.find((item) => item.id === agent.jobId);
  if (job?.phase === "assigned") {
    job.phase = "scheduled";
    delete job.agentId;
    delete agent.jobId;
  } else if (job) {
    finishJob(state, job, -1, now, how === "lost" ? undefined : "agent_stop");
  }
}

/** Lets everything happen that is due: reservations run out, pauses end, silent agents are lost. */
export function advance(state: BuildkiteState, now: number): void {
  for (const job of state.jobs) {
    if (job.phase !== "reserved" || !job.reservation || now < job.reservation.expiresAt) continue;
    job.phase = "scheduled";
    delete job.reservation;
  }
  for (const agent of state.agents) {
    if (agent.paused && now >= agent.paused.at + agent.paused.timeoutMinutes * 60_000) delete agent.paused;
    const isHere = agent.connection === "connected" || agent.connection === "stopping";
    if (isHere && now - agent.lastSeenAt > LOST_AFTER_MS) leave(state, agent, "lost", now);
  }
}

/** A job as the REST API shows it. */
export function describeJob(state: BuildkiteState, job: JobState) {
  const agent = state.agents.find((item) => item.id === job.agentId);
  return {
    id: job.id,
    type: "script",
    name: job.label,
    step_key: job.stepKey,
    priority: { number: job.priority },
    agent_query_rules: [`queue=${job.queue}`, ...job.rules],
    state: restState(job),
    command: job.command,
    exit_status: job.exitStatus ?? null,
    signal_reason: job.signalReason ?? null,
    agent: agent ? { id: agent.id, name: agent.name } : null,
    created_at: iso(job.createdAt),
    scheduled_at: iso(job.scheduledAt),
    runnable_at: job.phase === "waiting" ? null : iso(job.scheduledAt),
    started_at: iso(job.startedAt),
    finished_at: iso(job.finishedAt),
  };
}

/** The REST API says how a finished job ended. */
export function restState(job: JobState): string {
  if (job.phase !== "finished") return job.phase;
  return job.exitStatus === 0 ? "passed" : "failed";
}
