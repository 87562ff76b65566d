/** Runner.Listener: `listener.ts Runner.Listener run [--jitconfig CONFIG]`. Its exit status tells run.sh what to do. */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeJitConfig, type JitFiles } from "../jit-config.ts";
import { type Service, ServiceError, service } from "./service.ts";

/** Exit statuses (actions/runner, Constants.Runner.ReturnCode). */
const codes = { success: 0, terminated: 1, retryable: 2, sessionConflict: 5 } as const;

const root = process.env.RUNNER_SIM_ROOT ?? process.cwd();
const version = process.env.RUNNER_SIM_VERSION ?? "2.337.0";
/** Between two looks for a job, in ms; the real one is told at once. */
const pollMs = Number(process.env.RUNNER_SIM_POLL_MS ?? 1000);

interface Job {
  id: number;
  name: string;
  command: string;
  repository: string;
}

const startedAt = stamp();
const stop = new AbortController();
let worker: ChildProcess | undefined;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    say("Exiting...");
    endWorker();
    stop.abort();
  });
}
process.exit(await main());

async function main(): Promise<number> {
  const files = readFiles();
  if (!files) {
    say("Runner is not configured.");
    return codes.terminated;
  }
  const runner = files[".runner"];
  const server = service(runner.ServerUrl, files[".credentials"].data.clientId);
  try {
    await server.call("POST", "/session", { version, os: "macos" });
    say("\n√ Connected to GitHub\n");
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.status === 409) return codes.sessionConflict;
    say(error.status === 0 ? error.message : `Failed to create a session. ${error.message}`);
    return error.status === 0 || error.status >= 500 ? codes.retryable : codes.terminated;
  }
  say(`Current runner version: '${version}'`);
  log("Listening for Jobs");
  return listen(server, join(root, runner.WorkFolder));
}

/** Waits for the one job and runs it. A runner that is told to end before that stays registered, offline. */
async function listen(server: Service, folder: string): Promise<number> {
  while (!stop.signal.aborted) {
    try {
      const { status, data } = await server.call("GET", `/message?runnerVersion=${version}`);
      if (status === 200) {
        await run(data as Job, server, folder);
        return codes.success;
      }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.status === 401 || error.status === 403) {
        // The spelling is the vendor's.
        say(`An error occured: ${error.message}`);
        return codes.terminated;
      }
    }
    await sleep(pollMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  await server.call("DELETE", "/session").catch(() => undefined);
  return codes.success;
}

async function run(job: Job, server: Service, folder: string): Promise<void> {
  trace("One time used runner received job message.");
  log(`Running job: ${job.name}`);
  const child = spawn(process.execPath, [join(import.meta.dirname, "worker.ts"), "Runner.Worker", "spawnclient"], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  worker = child;
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin.end(JSON.stringify({ command: job.command, folder: join(folder, job.repository.split("/")[1] ?? "") }));
  let isCancelled = false;
  const watch = setInterval(async () => {
    const { data } = await server.call("POST", `/jobs/${job.id}/renew`).catch(() => ({ data: undefined }));
    if ((data as { cancel: boolean } | undefined)?.cancel !== true) return;
    isCancelled = true;
    endWorker();
  }, pollMs);
  const status = await ended;
  clearInterval(watch);
  worker = undefined;
  const conclusion = isCancelled || stop.signal.aborted ? "cancelled" : status === 0 ? "success" : "failure";
  await report(server, job, { conclusion, log: (await output).join("") });
  const result = { success: "Succeeded", failure: "Failed", cancelled: "Canceled" }[conclusion];
  log(`Job ${job.name} completed with result: ${result}`);
}

/** Tries a few times to say how the job ended; a refusal means that it is over for the service already. */
async function report(server: Service, job: Job, result: object): Promise<void> {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    try {
      await server.call("POST", `/jobs/${job.id}/finish`, result);
      return;
    } catch (error) {
      const isPassing = error instanceof ServiceError && (error.status === 0 || error.status >= 500);
      if (!isPassing) return;
      await sleep(pollMs);
    }
  }
}

function endWorker(): void {
  try {
    if (worker?.pid !== undefined) process.kill(-worker.pid, "SIGTERM");
  } catch {
    // It ended already.
  }
}

/** Writes the files of a given JIT config, or finds those of an earlier start. */
function readFiles(): JitFiles | undefined {
  const flag = process.argv.indexOf("--jitconfig");
  const given = flag < 0 ? process.env.ACTIONS_RUNNER_INPUT_JITCONFIG : process.argv[flag + 1];
  // The job must not find it.
  delete process.env.ACTIONS_RUNNER_INPUT_JITCONFIG;
  const files: Partial<JitFiles> = {};
  try {
    for (const [name, content] of given ? decodeJitConfig(given) : []) writeFileSync(join(root, name), content);
    for (const name of [".runner", ".credentials"] as const)
      files[name] = JSON.parse(readFileSync(join(root, name), "utf8"));
  } catch {
    return undefined;
  }
  return files as JitFiles;
}

/** Writes to the log that the real runner keeps of itself. */
function trace(line: string): void {
  const diagnostics = join(root, "_diag");
  mkdirSync(diagnostics, { recursive: true });
  const [day, time] = startedAt.split(" ");
  const name = `Runner_${day?.replaceAll("-", "")}-${time?.replaceAll(":", "")}-utc.log`;
  appendFileSync(join(diagnostics, name), `[${stamp()}Z INFO Runner] ${line}\n`);
}

function stamp(): string {
  return new Date().toISOString().replace("T", " ").slice(0, 19);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function log(line: string): void {
  say(`${stamp()}Z: ${line}`);
}
