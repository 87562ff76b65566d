import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "./job.ts";
import { NOT_STARTED, type Status } from "./keeper.ts";

/** A job that is loaded, where its files are, and who looks after it. */
export interface LoadedJob {
  domain: string;
  plistPath: string;
  job: Job;
  /** Its folder under `<root>/launchd`; the job is loaded for as long as this exists. */
  folder: string;
}

const SUPERVISOR = join(import.meta.dirname, "supervisor.ts");

/** The job of this label in this domain, if it is loaded. */
export function findJob(root: string, domain: string, label: string): LoadedJob | undefined {
  return loadedJobs(root).find((loaded) => loaded.domain === domain && loaded.job.Label === label);
}

/** All jobs that are loaded. */
export function loadedJobs(root: string): LoadedJob[] {
  const parent = join(root, "launchd");
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names.flatMap((name) => {
    const folder = join(parent, name);
    const text = readIfThere(join(folder, "job.json"));
    return text === undefined ? [] : [{ ...JSON.parse(text), folder }];
  });
}

/**
 * Loads a job and starts its supervisor, which outlives whoever called. Programs start from the environment that
 * `startMac` left on the disk, not from the caller's: variables of an ssh session stay there.
 */
export async function loadJob(root: string, domain: string, plistPath: string): Promise<void> {
  // Loaded when needed: a schema library would double the start time of every launchctl and supervisor.
  const { readJob } = await import("./job.ts");
  const job = readJob(plistPath);
  const folder = join(root, "launchd", encodeURIComponent(`${domain}/${job.Label}`));
  mkdirSync(folder, { recursive: true });
  writeStatus(folder, NOT_STARTED);
  writeWhole(join(folder, "job.json"), JSON.stringify({ domain, plistPath, job }));
  const env = readIfThere(environmentFile(root));
  const supervisor = spawn(process.execPath, [SUPERVISOR, folder], {
    env: env === undefined ? process.env : JSON.parse(env),
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  writeWhole(join(folder, "supervisor.pid"), String(supervisor.pid));
  // It closes its stdout when it listens for signals.
  await once(supervisor.stdout.resume(), "close");
  supervisor.unref();
}

/** Where the environment of every program is kept: a JSON object. */
export function environmentFile(root: string): string {
  return join(root, "environment.json");
}

/** What the job does at present. */
export function readStatus(folder: string): Status {
  const text = readIfThere(join(folder, "status.json"));
  return text === undefined ? NOT_STARTED : JSON.parse(text);
}

/** For the supervisor: says what the job does now. */
export function writeStatus(folder: string, status: Status): void {
  writeWhole(join(folder, "status.json"), JSON.stringify(status));
}

/** Sends a signal to the job's supervisor; false when there is none any more. See supervisor.ts for the signals. */
export function signalSupervisor(loaded: LoadedJob, signal: NodeJS.Signals): boolean {
  const pid = Number(readIfThere(join(loaded.folder, "supervisor.pid")));
  // The number may be somebody else's by now, after a supervisor was killed.
  if (!pid || !commandOf(pid).includes(loaded.folder)) return false;
  process.kill(pid, signal);
  return true;
}

/** Asks the job to end, and waits until it is unloaded if told so. */
export async function unloadJob(loaded: LoadedJob, wait: boolean): Promise<void> {
  if (!signalSupervisor(loaded, "SIGTERM")) rmSync(loaded.folder, { recursive: true, force: true });
  while (wait && existsSync(loaded.folder)) await sleep(10);
}

/** Ends every job within `graceSeconds`, politely first; afterwards none is loaded and none of their processes is left. */
export async function endJobs(root: string, graceSeconds = 2): Promise<void> {
  const deadline = Date.now() + graceSeconds * 1000;
  const unloading = loadedJobs(root).map((loaded) => unloadJob(loaded, true));
  const all = Promise.all(unloading).then(() => true);
  if (await Promise.race([all, sleep(deadline - Date.now(), false, { ref: false })])) return;
  for (const loaded of loadedJobs(root)) signalSupervisor(loaded, "SIGINT");
  await all;
}

/** Loads every launch agent of the user `admin`, as a login at the screen does; none without such a login. */
export async function startLaunchAgents(root: string): Promise<void> {
  const folder = join(root, "Users", "admin", "Library", "LaunchAgents");
  if (!existsSync(join(root, "gui-session")) || !existsSync(folder)) return;
  const plists = readdirSync(folder).filter((name) => name.endsWith(".plist"));
  await Promise.all(plists.map((name) => loadJob(root, `gui/${process.getuid?.() ?? 0}`, join(folder, name))));
}

function commandOf(pid: number): string {
  return spawnSync("ps", ["-o", "command=", "-ww", "-p", String(pid)], { encoding: "utf8" }).stdout;
}

function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
