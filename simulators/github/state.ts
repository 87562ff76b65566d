/** Times are simulated ms since 1970. */
export interface RunnerState {
  id: number;
  name: string;
  groupId: number;
  labels: string[];
  os: string;
  workFolder: string;
  /** What the runner shows; it is in the JIT config. */
  secret: string;
  /** It is connected. Closed when it ends in an orderly way; otherwise it goes stale. */
  session?: { lastSeenAt: number };
  jobId?: number;
}

/** A job of a workflow. */
export interface WorkflowJobState {
  id: number;
  runId: number;
  /** `owner/name`. */
  repository: string;
  name: string;
  labels: string[];
  command: string;
  status: "queued" | "in_progress" | "completed";
  conclusion: "success" | "failure" | "cancelled" | null;
  createdAt: number;
  startedAt?: number;
  completedAt?: number;
  runnerId?: number;
  /** Stay after the runner is gone. */
  runnerName?: string;
  log: string;
  cancelRequested: boolean;
}

/** A runner group of the organization. */
export interface GroupState {
  id: number;
  name: string;
  visibility: "all" | "private" | "selected";
  repositoryIds: number[];
  allowsPublicRepositories: boolean;
  isDefault: boolean;
}

/** One organization. */
export interface GithubState {
  organization: string;
  tokens: string[];
  /** Runners older than this cannot register. */
  registrationFloor: string;
  /** Runners older than this get no job: a release serves for 30 days after its successor. */
  messageFloor: string;
  nextId: number;
  /** Those that groups name by their numbers. */
  repositories: { id: number; fullName: string }[];
  groups: GroupState[];
  runners: RunnerState[];
  jobs: WorkflowJobState[];
}

/** A session without a sign of life for this long makes a runner offline. */
const STALE_AFTER_MS = 60_000;

/** True while the runner is connected. */
export function isOnline(runner: RunnerState, now: number): boolean {
  return runner.session !== undefined && now - runner.session.lastSeenAt <= STALE_AFTER_MS;
}

/** An id that nothing else has. */
export function takeId(state: GithubState): number {
  state.nextId += 1;
  return state.nextId;
}

/** A time as the API writes it. */
export function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** True when `version` is older than `floor`; both are like `2.329.0`. */
export function isOlder(version: string, floor: string): boolean {
  const [a, b] = [version, floor].map((text) => text.split(".").map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
