import { randomBytes } from "node:crypto";

/** Times are simulated ms since 1970. */
export interface AgentState {
  id: string;
  /** Its session: what it shows with each call after it registered. */
  accessToken: string;
  name: string;
  hostname: string;
  version: string;
  os: string;
  arch: string;
  tags: string[];
  priority: number;
  /** It takes no job by itself: it came to acquire one, or its last job is done. */
  ignoreInDispatches: boolean;
  connection: "never_connected" | "connected" | "stopping" | "stopped" | "disconnected" | "lost";
  registeredAt: number;
  lastSeenAt: number;
  lastJobFinishedAt?: number;
  jobId?: string;
  paused?: { at: number; note: string; timeoutMinutes: number };
  /** What the next ping tells it: finish and end, or drop the job and end. */
  told?: "stop" | "force-stop";
}

/** Where a job is on its way. `waiting` for others, `reserved` by a stack. */
export type JobPhase =
  | "waiting"
  | "scheduled"
  | "reserved"
  | "assigned"
  | "accepted"
  | "running"
  | "canceling"
  | "canceled"
  | "finished";

/** A command job of a build. */
export interface JobState {
  id: string;
  /** What an agent shows with the calls about this job. */
  token: string;
  phase: JobPhase;
  queue: string;
  /** `key=value`, without the queue. */
  rules: string[];
  priority: number;
  command: string;
  env: Record<string, string>;
  label: string;
  stepKey: string | null;
  pipeline: string;
  buildNumber: number;
  createdAt: number;
  scheduledAt: number;
  startedAt?: number;
  finishedAt?: number;
  agentId?: string;
  reservation?: { stack: string; expiresAt: number };
  exitStatus?: number;
  signalReason?: string;
  log: string;
  notifications: { detail: string; at: number }[];
}

/** A build of a pipeline; its jobs name it. */
export interface BuildState {
  id: string;
  number: number;
  pipeline: string;
  branch: string;
  commit: string;
  message: string;
  createdAt: number;
}

/** A queue of the cluster. */
export interface QueueState {
  id: string;
  key: string;
  dispatchPaused: boolean;
}

/** A stack that registered. */
export interface StackState {
  id: string;
  key: string;
  queueKey: string;
  metadata: Record<string, string>;
  lastConnectedAt: number;
}

/** An agent token that was made by the API. Ends when it expires; agents that have registered with it stay connected. */
export interface ClusterTokenState {
  id: string;
  secret: string;
  description: string;
  createdAt: number;
  expiresAt: number | undefined;
}

/** One organization with one cluster. */
export interface BuildkiteState {
  /** The organization's slug. */
  organization: string;
  cluster: string;
  /** What the REST API knows the cluster by. */
  clusterId: string;
  /** Those that never end. */
  agentTokens: string[];
  clusterTokens: ClusterTokenState[];
  apiTokens: string[];
  stackLimit: number;
  /** What an agent is told when it registers. */
  pingIntervalSeconds: number;
  /** What a reader of metrics is told. */
  metricsPollSeconds: number;
  agents: AgentState[];
  jobs: JobState[];
  builds: BuildState[];
  queues: QueueState[];
  stacks: StackState[];
}

/** An id in the form of a UUID. */
export function newId(): string {
  return crypto.randomUUID();
}

/** A secret that nobody guesses. */
export function newToken(): string {
  return randomBytes(20).toString("hex");
}

/** A time as the API writes it. */
export function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** True for a job that is over. */
export function isOver(job: JobState): boolean {
  return job.phase === "finished" || job.phase === "canceled";
}

/** True for a job that an agent has in its hands. */
export function isWithAgent(job: JobState): boolean {
  return ["assigned", "accepted", "running", "canceling"].includes(job.phase);
}
