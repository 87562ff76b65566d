import { arch, hostname } from "node:os";
import { CallError, call } from "./client.ts";
import type { Exit } from "./command.ts";
import { type Job, type JobAgent, type RunningJob, runJob } from "./job.ts";
import { goDuration, type Log, logger } from "./log.ts";
import type { Settings } from "./settings.ts";
import { every, now, wait } from "./time.ts";

/** The job that the agent came for is taken, cancelled or over. */
export class AcquisitionRejected extends Error {}
/** The job that the agent came for waits for others. */
export class JobLocked extends Error {}

const registerAttempts = 30;
const registerPauseSeconds = 10;
const acquireAttempts = 7;

/** One agent: registers, asks for work, works, and goes. */
export class Worker {
  /** Since when it has had nothing to do; undefined while it works, is paused, or has not asked yet. */
  idleSince: number | undefined;
  readonly #settings: Settings;
  readonly #index: number;
  readonly #stop = new AbortController();
  readonly #startedAt = now();
  #log: Log = logger();
  #job: RunningJob | undefined;
  #endpoint = "";
  #token = "";
  #ranJob = false;
  #mustEnd = false;
  #isPaused = false;
  #exit: Exit | undefined;

  constructor(settings: Settings, index: number) {
    this.#settings = settings;
    this.#index = index;
  }

  /** How the job ended that the agent came for. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Takes no new job; the present one is finished, or cancelled. */
  stop(how: "graceful" | "forced"): void {
    if (how === "forced") this.#job?.cancel("agent_stop");
    this.#stop.abort();
  }

  /** Lives until there is a reason to go. @throws CallError, AcquisitionRejected, JobLocked */
  async run(allIdleFor: (seconds: number) => boolean): Promise<void> {
    const agent = await this.#register();
    this.#log("INFO", "Connecting to Buildkite...");
    await this.#call("POST", "connect");
    const stopHeartbeat = every(agent.heartbeatSeconds, () => void this.#call("POST", "heartbeat", {}).catch(() => {}));
    try {
      if (this.#settings.acquireJob) await this.#acquire(agent);
      this.#log("INFO", "Waiting for instructions...");
      while (!this.#stop.signal.aborted && (await this.#ping(agent))) {
        if (this.#isTimeToGo(allIdleFor)) return;
        await wait(this.#pause(agent.pingSeconds), this.#stop.signal);
        if (this.#isTimeToGo(allIdleFor)) return;
      }
    } finally {
      stopHeartbeat();
      // One that is gone keeps nobody else.
      this.idleSince ??= Number.NEGATIVE_INFINITY;
      this.#log("INFO", "Disconnecting...");
      await this.#call("POST", "disconnect").then(
        () => this.#log("INFO", "Disconnected"),
        (error: Error) =>
          this.#log("WARN", `There was an error sending the disconnect API call to Buildkite. (${error.message})`),
      );
    }
  }

  async #register() {
    const { settings, name, priority } = this.#identity();
    const log = logger();
    const body = {
      name,
      priority,
      hostname: hostname(),
      os: "darwin",
      arch: arch(),
      version: settings.version,
      ignore_in_dispatches: settings.acquireJob !== "",
      meta_data: settings.tags,
      pid: process.pid,
      features: [],
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await call(settings.endpoint, settings.token, "POST", "register", body);
        this.#endpoint = answer.endpoint || settings.endpoint;
        this.#token = answer.access_token;
        this.#log = logger(answer.name);
        log("INFO", `Successfully registered agent "${answer.name}" with tags [${answer.meta_data.join(", ")}]`);
        return {
          id: answer.id as string,
          name: answer.name as string,
          tags: answer.meta_data as string[],
          pingSeconds: answer.ping_interval as number,
          heartbeatSeconds: answer.heartbeat_interval as number,
          jobStatusSeconds: answer.job_status_interval as number,
        };
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        if (error.status === 401) log("WARN", `Buildkite rejected the registration (${error.message})`);
        else
          log("WARN", `${error.message} (Attempt ${attempt}/${registerAttempts} Retrying in ${registerPauseSeconds}s)`);
        if (error.status === 401 || attempt === registerAttempts || this.#stop.signal.aborted) throw error;
        await wait(registerPauseSeconds, this.#stop.signal);
      }
    }
  }

  #identity() {
    const settings = this.#settings;
    const name = settings.name.replaceAll("%spawn", String(this.#index));
    const bySpawn: Record<string, number> = { true: this.#index, ascending: this.#index, descending: -this.#index };
    const priority = String(bySpawn[settings.spawnWithPriority] ?? settings.priority);
    return { settings, name, priority };
  }

  /** Asks for work, and does it. @returns false when the agent should go */
  async #ping(agent: JobAgent): Promise<boolean> {
    let answer: { action?: string; message?: string; job?: Job };
    try {
      answer = await this.#call("GET", "ping");
    } catch (error) {
      // An answer that cannot get better ends the agent.
      if (error instanceof CallError && [401, 403, 404, 422].includes(error.status)) throw error;
      this.#log("WARN", `Failed to ping: ${(error as Error).message}`);
      return true;
    }
    if (answer.message) this.#log("INFO", answer.message);
    if (answer.action === "disconnect") return false;
    if (answer.action === "pause") {
      this.#isPaused = true;
      this.idleSince = undefined;
      return true;
    }
    if (this.#isPaused) this.#log("INFO", "Agent has resumed after being paused");
    this.#isPaused = false;
    if (this.#mustEnd || this.#settings.acquireJob) return false;
    if (this.#ranJob && this.#settings.disconnectAfterJob) {
      this.#log("INFO", "Job ran, and disconnect-after-job is enabled. Disconnecting...");
      return false;
    }
    if (answer.job) return this.#acceptAndRun(answer.job, agent);
    this.idleSince ??= now();
    return true;
  }

  async #acceptAndRun(job: Job, agent: JobAgent): Promise<boolean> {
    this.#log("INFO", `Assigned job ${job.id}. Accepting...`);
    this.idleSince = undefined;
    try {
      await this.#work(await this.#call("PUT", `jobs/${job.id}/accept`), agent);
    } catch (error) {
      this.#log("WARN", `Buildkite rejected the call to accept the job (${(error as Error).message})`);
      this.idleSince = now();
      return true;
    }
    // The next job of the same build often waits already, so there is no pause.
    return this.#stop.signal.aborted ? false : this.#ping(agent);
  }

  async #work(job: Job, agent: JobAgent): Promise<void> {
    this.#job = runJob(job, agent, this.#settings, this.#log);
    try {
      this.#exit = await this.#job.done;
      this.#ranJob = true;
    } finally {
      this.#job = undefined;
      this.idleSince = now();
    }
  }

  async #acquire(agent: JobAgent): Promise<void> {
    const id = this.#settings.acquireJob;
    this.#log("INFO", `Attempting to acquire job ${id}...`);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const headers = { "X-Buildkite-Lock-Acquire-Job": "1" };
        await this.#work(await this.#call("PUT", `jobs/${id}/acquire`, undefined, headers), agent);
        return;
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        if (error.status === 422) throw new AcquisitionRejected(`job acquisition rejected: ${error.message}`);
        const isPassing = error.status === 0 || error.status === 423 || error.status === 429 || error.status >= 500;
        if (!isPassing) throw error;
        this.#log("WARN", `${error.message} (Attempt ${attempt}/${acquireAttempts})`);
        if (attempt === acquireAttempts) throw error.status === 423 ? new JobLocked(error.message) : error;
        await wait(error.retryAfterSeconds ?? 2 ** (attempt - 1), this.#stop.signal);
      }
    }
  }

  /** Pausedness is a kind of busyness: a paused agent stays until it is resumed. */
  #isTimeToGo(allIdleFor: (seconds: number) => boolean): boolean {
    const { disconnectAfterUptimeSeconds: uptime, disconnectAfterIdleSeconds: idle } = this.#settings;
    if (uptime > 0 && !this.#mustEnd && now() - this.#startedAt >= uptime) {
      this.#log("INFO", `Agent has exceeded max uptime of ${goDuration(uptime)}`);
      this.#log("INFO", this.#isPaused ? "Awaiting resume before disconnecting..." : "Disconnecting...");
      this.#mustEnd = true;
    }
    if (this.#mustEnd) return !this.#isPaused;
    if (idle === 0 || !allIdleFor(idle)) return false;
    this.#log("INFO", `All agents have been idle for at least ${goDuration(idle)}. Disconnecting...`);
    return true;
  }

  /** Until the next ping, or until something else is due before it. */
  #pause(pingSeconds: number): number {
    const { disconnectAfterUptimeSeconds: uptime, disconnectAfterIdleSeconds: idle } = this.#settings;
    const dueIn = [pingSeconds];
    if (uptime > 0 && !this.#mustEnd) dueIn.push(this.#startedAt + uptime - now());
    if (idle > 0 && this.idleSince !== undefined) dueIn.push(this.idleSince + idle - now());
    return Math.max(0, Math.min(...dueIn.filter((seconds) => seconds > 0), pingSeconds));
  }

  #call(method: string, path: string, body?: object, headers?: Record<string, string>) {
    return call(this.#endpoint, this.#token, method, path, body, headers);
  }
}
