import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { parsePlist } from "./plist.ts";

/** What of a launchd.plist is followed; other keys are accepted and ignored, as launchd does. Source: launchd.plist(5). */
export const jobSchema = z.object({
  Label: z.string().min(1),
  ProgramArguments: z.array(z.string()).min(1),
  EnvironmentVariables: z.record(z.string(), z.string()).default({}),
  WorkingDirectory: z.string().optional(),
  StandardOutPath: z.string().default("/dev/null"),
  StandardErrorPath: z.string().default("/dev/null"),
  RunAtLoad: z.boolean().default(false),
  KeepAlive: z.union([z.boolean(), z.object({ SuccessfulExit: z.boolean() })]).default(false),
  /** Seconds between two starts. */
  ThrottleInterval: z.number().nonnegative().default(10),
  /** Seconds between SIGTERM and SIGKILL. */
  ExitTimeOut: z.number().nonnegative().default(20),
  AbandonProcessGroup: z.boolean().default(false),
});

/** One job as its property list describes it. */
export type Job = z.output<typeof jobSchema>;

const statusSchema = z.object({
  state: z.enum(["running", "not running", "spawn scheduled"]),
  pid: z.number().optional(),
  runs: z.number(),
  /** As `launchctl print` words it. */
  lastExit: z.string(),
});

/** What a job's supervisor last wrote about it. */
export type Status = z.output<typeof statusSchema>;

const recordSchema = z.object({ domain: z.string(), plistPath: z.string(), job: jobSchema });

/** A job that is loaded, where its files are, and who looks after it. */
export interface LoadedJob extends z.output<typeof recordSchema> {
  /** Its folder under `<root>/launchd`; the job is loaded for as long as this exists. */
  folder: string;
}

const NOT_STARTED: Status = { state: "not running", runs: 0, lastExit: "(never exited)" };
const SUPERVISOR = join(import.meta.dirname, "supervisor.ts");

/** Reads a property list and what of it makes a job. Throws when it is not one. */
export function readJob(plistPath: string): Job {
  return jobSchema.parse(parsePlist(readFileSync(plistPath, "utf8")));
}

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
    return text === undefined ? [] : [{ ...recordSchema.parse(JSON.parse(text)), folder }];
  });
}

/**
 * Loads a job and starts its supervisor, which outlives whoever called. Programs start from the environment that
 * `startMac` left on the disk, not from the caller's: variables of an ssh session stay there.
 */
export async function loadJob(root: string, domain: string, plistPath: string): Promise<void> {
  const job = readJob(plistPath);
  const folder = join(root, "launchd", encodeURIComponent(`${domain}/${job.Label}`));
  mkdirSync(folder, { recursive: true });
  writeStatus(folder, NOT_STARTED);
  writeWhole(join(folder, "job.json"), JSON.stringify({ domain, plistPath, job }));
  const env = readIfThere(environmentFile(root));
  const supervisor = spawn(process.execPath, [SUPERVISOR, folder], {
    env: env === undefined ? process.env : z.record(z.string(), z.string()).parse(JSON.parse(env)),
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
  return text === undefined ? NOT_STARTED : statusSchema.parse(JSON.parse(text));
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
