import { spawn, spawnSync } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync, watch } from "node:fs";
import * as path from "node:path";
import process from "node:process";

/** A simulator that runs beside the demo or a test, in a process of its own. */
export interface RunningProcess {
  name: string;
  pid: number;
  /** Its command line holds this, so that another program which got the same id later is not taken for it. */
  mark: string;
}

/** What to start and how to tell that it is ready. */
export interface ProcessSpec {
  name: string;
  argv: [string, ...string[]];
  env: Readonly<Record<string, string>>;
  /** It writes this file, whole, once it answers. */
  readyFile: string;
  logFile: string;
}

const ReadySeconds = 60;
const StopSeconds = 20;

/** A process that is ready, and goes on only if it is kept. */
export interface StartedProcess extends RunningProcess {
  /** What its ready file says. */
  ready: unknown;
  /** Lets it outlive this process. Until then it ends when this one does, however that happens. */
  keep(): void;
}

/**
 * Starts a process and waits until it says that it is ready. It holds the other end of a pipe: when that closes before
 * it reads `keep`, whoever started it is gone.
 * @throws Error with the end of its log when it ends early or is not ready in time
 */
export async function startProcess(spec: ProcessSpec, signal?: AbortSignal): Promise<StartedProcess> {
  rmSync(spec.readyFile, { force: true });
  const log = openSync(spec.logFile, "a");
  const [command, ...args] = spec.argv;
  const child = spawn(command, args, { env: { ...spec.env }, stdio: ["pipe", log, log], detached: true });
  let ended = false;
  const end = new Promise<void>((resolve) => {
    for (const event of ["exit", "error"] as const)
      child.once(event, () => {
        ended = true;
        resolve();
      });
  });
  await Promise.race([end, fileWritten(spec.readyFile, ReadySeconds, signal)]);
  if (ended || child.pid === undefined || !existsSync(spec.readyFile)) {
    if (child.pid !== undefined && !ended) process.kill(child.pid, "SIGTERM");
    signal?.throwIfAborted();
    throw new Error(`${spec.name} did not start:\n${tail(spec.logFile)}`);
  }
  return {
    name: spec.name,
    pid: child.pid,
    mark: args.at(-1) ?? command,
    ready: JSON.parse(readFileSync(spec.readyFile, "utf8")),
    keep() {
      child.stdin?.end("keep\n");
      child.unref();
    },
  };
}

/** Resolves once the file exists, or when the time is over. */
function fileWritten(file: string, seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      watcher.close();
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    const watcher = watch(path.dirname(file), () => existsSync(file) && done());
    signal?.addEventListener("abort", done);
    if (existsSync(file) || signal?.aborted) done();
  });
}

/** True while this very process runs. */
export function isOurs({ pid, mark }: RunningProcess): boolean {
  const { stdout } = spawnSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.includes(mark);
}

/** Ends processes that {@link startProcess} started: politely, and after a while by force. */
export async function stop(processes: readonly RunningProcess[]): Promise<void> {
  const running = processes.filter(isOurs);
  for (const { pid } of running) signalTo(pid, "SIGTERM");
  const deadline = Date.now() + StopSeconds * 1000;
  while (running.some(isOurs) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  for (const one of running.filter(isOurs)) signalTo(one.pid, "SIGKILL");
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(-20).join("\n") : "(no log)";
}
