import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { Job } from "./job.ts";

/** What a job does at present. */
export interface Status {
  state: "running" | "not running" | "spawn scheduled";
  pid?: number;
  runs: number;
  /** As `launchctl print` words it. */
  lastExit: string;
}

/** The status of a job that was loaded a moment ago. */
export const NOT_STARTED: Status = { state: "not running", runs: 0, lastExit: "(never exited)" };

/** Where and with whom a job is kept. */
export interface KeeperOptions {
  job: Job;
  environment: NodeJS.ProcessEnv;
  /** Default: whoever runs this process. */
  identity?: { uid: number; gid: number };
  /** Calls back after seconds of the Mac's clock; gives what takes it back. */
  later(seconds: number, act: () => void): () => void;
  tell(status: Status): void;
  /** The job has ended and is not loaded any more. */
  unloaded(): void;
}

/** How `launchctl print` words the exit code of a job that launchd could not start. */
const CANNOT_START = "78: EX_CONFIG";

/** Looks after one job as launchd does: starts it, keeps it alive, ends it with its whole process group. */
export class Keeper {
  readonly #options: KeeperOptions;
  #child: ChildProcess | undefined;
  #sinceStart = () => {};
  /** True until as many seconds have passed since the last start as two starts are apart. */
  #isThrottled = false;
  #wantsStart = false;
  #isUnloading = false;
  #forgetInterval = () => {};
  #status = NOT_STARTED;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** What the job does now. */
  get status(): Status {
    return this.#status;
  }

  /** Takes the job up: it starts at once if it says so, and then at its interval. */
  load(): void {
    const { job } = this.#options;
    this.#startAtInterval();
    if (job.RunAtLoad || job.KeepAlive !== false) this.#start();
  }

  /** Starts the job if it does not run; one that runs is ended first if `again` says so. */
  kickstart(again: boolean): void {
    if (!this.#child) this.#start();
    else if (again) {
      this.#child.once("exit", () => {
        if (!this.#child) this.#start();
      });
      this.#signalGroup("SIGKILL");
    }
  }

  /** Ends the job, by force after a while, and for good. */
  unload(graceSeconds: number): void {
    this.#isUnloading = true;
    this.#forgetInterval();
    this.#sinceStart();
    if (!this.#child) {
      this.#options.unloaded();
      return;
    }
    this.#child.kill("SIGTERM");
    this.#options.later(graceSeconds, () => this.#signalGroup("SIGKILL"));
  }

  #startAtInterval(): void {
    const { job, later } = this.#options;
    if (job.StartInterval === undefined) return;
    this.#forgetInterval = later(job.StartInterval, () => {
      this.#startAtInterval();
      // A job that still runs when its time comes round is left alone.
      if (!this.#child) this.#start();
    });
  }

  #start(): void {
    if (this.#isUnloading) return;
    this.#throttle();
    let child: ChildProcess;
    try {
      child = this.#spawnProgram();
    } catch {
      this.#ended(CANNOT_START, false);
      return;
    }
    this.#child = child;
    child.once("error", () => this.#ended(CANNOT_START, false));
    child.once("exit", (code, signal) => {
      if (!this.#options.job.AbandonProcessGroup) this.#signalGroup("SIGKILL");
      this.#ended(signal ? `(terminated by ${signal})` : String(code), code === 0);
    });
    const { runs, lastExit } = this.#status;
    if (child.pid) this.#tell({ state: "running", pid: child.pid, runs: runs + 1, lastExit });
  }

  #throttle(): void {
    this.#sinceStart();
    this.#wantsStart = false;
    this.#isThrottled = true;
    this.#sinceStart = this.#options.later(this.#options.job.ThrottleInterval, () => {
      this.#isThrottled = false;
      if (this.#wantsStart && !this.#child) this.#start();
    });
  }

  #spawnProgram(): ChildProcess {
    const { job, environment, identity } = this.#options;
    const [program = "", ...args] = job.ProgramArguments;
    // launchd searches no PATH.
    if (!isAbsolute(program)) throw new Error(`${program} is not an absolute path`);
    const output = openSync(job.StandardOutPath, "a");
    const errors = openSync(job.StandardErrorPath, "a");
    try {
      return spawn(program, args, {
        cwd: job.WorkingDirectory ?? "/",
        env: { ...environment, ...job.EnvironmentVariables },
        detached: true,
        stdio: ["ignore", output, errors],
        ...identity,
      });
    } finally {
      closeSync(output);
      closeSync(errors);
    }
  }

  #ended(lastExit: string, isSuccess: boolean): void {
    this.#child = undefined;
    if (this.#isUnloading) {
      this.#options.unloaded();
      return;
    }
    const { KeepAlive } = this.#options.job;
    const again = typeof KeepAlive === "boolean" ? KeepAlive : KeepAlive.SuccessfulExit === isSuccess;
    this.#tell({ state: again ? "spawn scheduled" : "not running", runs: this.#status.runs, lastExit });
    if (!again) return;
    if (this.#isThrottled) this.#wantsStart = true;
    else this.#start();
  }

  #tell(news: Status): void {
    this.#status = news;
    if (!this.#isUnloading) this.#options.tell(news);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (!this.#child?.pid) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // Nobody of the group is left.
    }
  }
}
