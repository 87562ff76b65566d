/**
 * Looks after one job of the simulated launchd: `supervisor.ts FOLDER`. It outlives the ssh session that loaded it.
 * Signals: SIGTERM ends the job and unloads it, SIGINT the same at once; SIGUSR2 starts it if it does not run
 * (`kickstart`), SIGHUP starts it anew (`kickstart -k`).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Job } from "./job.ts";
import { readStatus, type Status, writeStatus } from "./jobs.ts";

const folder = process.argv[2] ?? "";
const job: Job = JSON.parse(readFileSync(join(folder, "job.json"), "utf8")).job;

/** How `launchctl print` words the exit code of a job that launchd could not start. */
const CANNOT_START = "78: EX_CONFIG";

let child: ChildProcess | undefined;
let startedAt = 0;
let nextStart: NodeJS.Timeout | undefined;
let isUnloading = false;
let status: Status = readStatus(folder);

const lookSeconds = 5;
// Keeps a supervisor that has nothing to wait for, and ends one whose Mac was thrown away, disk and all.
const alive = setInterval(() => {
  if (!existsSync(folder)) unload(0);
}, lookSeconds * 1000);

process.on("SIGTERM", () => unload(job.ExitTimeOut));
process.on("SIGINT", () => unload(0));
process.on("SIGUSR2", () => {
  if (!child) start();
});
process.on("SIGHUP", () => {
  if (!child) start();
  else {
    child.once("exit", start);
    signalGroup("SIGKILL");
  }
});
if (job.RunAtLoad || job.KeepAlive !== false) start();
closeSync(1);

function start(): void {
  clearTimeout(nextStart);
  if (isUnloading) return;
  startedAt = Date.now();
  try {
    child = spawnProgram();
  } catch {
    ended(CANNOT_START, false);
    return;
  }
  child.once("error", () => ended(CANNOT_START, false));
  child.once("exit", (code, signal) => {
    if (!job.AbandonProcessGroup) signalGroup("SIGKILL");
    ended(signal ? `(terminated by ${signal})` : String(code), code === 0);
  });
  if (child.pid) tell({ state: "running", pid: child.pid, runs: status.runs + 1, lastExit: status.lastExit });
}

function spawnProgram(): ChildProcess {
  const [program = "", ...args] = job.ProgramArguments;
  // launchd searches no PATH.
  if (!isAbsolute(program)) throw new Error(`${program} is not an absolute path`);
  const output = openSync(job.StandardOutPath, "a");
  const errors = openSync(job.StandardErrorPath, "a");
  try {
    return spawn(program, args, {
      cwd: job.WorkingDirectory ?? "/",
      env: { ...process.env, ...job.EnvironmentVariables },
      detached: true,
      stdio: ["ignore", output, errors],
    });
  } finally {
    closeSync(output);
    closeSync(errors);
  }
}

function ended(lastExit: string, isSuccess: boolean): void {
  child = undefined;
  if (isUnloading) unloaded();
  const again = typeof job.KeepAlive === "boolean" ? job.KeepAlive : job.KeepAlive.SuccessfulExit === isSuccess;
  tell({ state: again ? "spawn scheduled" : "not running", runs: status.runs, lastExit });
  if (!again) return;
  clearTimeout(nextStart);
  nextStart = setTimeout(start, Math.max(0, startedAt + job.ThrottleInterval * 1000 - Date.now()));
}

function unload(graceSeconds: number): void {
  isUnloading = true;
  clearTimeout(nextStart);
  if (!child) unloaded();
  child?.kill("SIGTERM");
  setTimeout(() => signalGroup("SIGKILL"), graceSeconds * 1000);
}

function unloaded(): never {
  clearInterval(alive);
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

function tell(news: Status): void {
  status = news;
  if (!isUnloading) writeStatus(folder, status);
}

function signalGroup(signal: NodeJS.Signals): void {
  if (!child?.pid) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
