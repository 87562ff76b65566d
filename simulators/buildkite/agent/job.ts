import { join } from "node:path";
import { CallError, call } from "./client.ts";
import { type Exit, type RunningCommand, runCommand } from "./command.ts";
import type { Log } from "./log.ts";
import { knownSettings, type Settings, variableOf } from "./settings.ts";
import { wait } from "./time.ts";

const finishAttempts = 12;

/** A job as the agent API hands it out. */
export interface Job {
  id: string;
  endpoint: string;
  token: string;
  env: Record<string, string>;
}

/** Who runs the job. */
export interface JobAgent {
  id: string;
  name: string;
  tags: readonly string[];
  jobStatusSeconds: number;
}

/** A job on this agent. `cancel` says why in the job's result. */
export interface RunningJob {
  done: Promise<Exit>;
  cancel(reason: "cancel" | "agent_stop"): void;
}

/** Starts an accepted job, watches whether it is cancelled, and reports its end. */
export function runJob(job: Job, agent: JobAgent, settings: Settings, log: Log): RunningJob {
  const { endpoint, token, id } = job;
  let reason = "";
  let command: RunningCommand | undefined;
  const cancel: RunningJob["cancel"] = (why) => {
    reason ||= why;
    command?.cancel();
  };
  const run = async (): Promise<Exit> => {
    log("INFO", `Starting job ${id}`);
    await call(endpoint, token, "PUT", `jobs/${id}/start`, { started_at: new Date().toISOString() });
    const output: string[] = [];
    const line = settings.bootstrapScript || `"${process.env.BUILDKITE_SIM_SELF}" bootstrap`;
    command = runCommand(line, environment(job, agent, settings), settings.cancelSignalSeconds, (text) =>
      output.push(text),
    );
    // It may have been cancelled before there was a process.
    if (reason) command.cancel();
    const over = new AbortController();
    void cancelWhenAsked(job, agent.jobStatusSeconds, cancel, over.signal);
    const exit = await command.done.finally(() => over.abort());
    if (output.length > 0) await call(endpoint, token, "POST", `jobs/${id}/chunks`, { data: output.join("") });
    await reportEnd(job, log, {
      exit_status: String(exit.status),
      signal: exit.signal,
      signal_reason: reason,
      finished_at: new Date().toISOString(),
      ...(settings.disconnectAfterJob ? { ignore_agent_in_dispatches: true } : {}),
    });
    log("INFO", `Finished job ${id} exit_status=${exit.status} signal=${exit.signal} signal_reason=${reason}`);
    return exit;
  };
  return { done: run(), cancel };
}

/** Says how the job ended, again and again until somebody hears it; a refusal is an answer too. */
async function reportEnd({ endpoint, token, id }: Job, log: Log, result: object): Promise<void> {
  for (let attempt = 1; attempt <= finishAttempts; attempt += 1) {
    try {
      await call(endpoint, token, "PUT", `jobs/${id}/finish`, result);
      return;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (error.status === 401 || error.status === 422) {
        log("WARN", `Buildkite rejected the call to finish the job (${error.message})`);
        return;
      }
      log("WARN", `${error.message} (Attempt ${attempt}/${finishAttempts})`);
      await wait(2 ** (attempt - 1));
    }
  }
}

/** Asks now and then whether somebody cancelled the job, until it is over. */
async function cancelWhenAsked(
  job: Job,
  pause: number,
  cancel: RunningJob["cancel"],
  over: AbortSignal,
): Promise<void> {
  for (;;) {
    await wait(pause, over);
    if (over.aborted) return;
    const { state } = await call(job.endpoint, job.token, "GET", `jobs/${job.id}`).catch(() => ({ state: "" }));
    if (state === "canceling" || state === "canceled") cancel("cancel");
  }
}

/** The agent's own settings, its token first of all, are not handed on. */
function environment(job: Job, agent: JobAgent, settings: Settings): NodeJS.ProcessEnv {
  const own = new Set(["BUILDKITE_AGENT_CONFIG", ...knownSettings(settings.version).map(variableOf)]);
  const inherited = Object.entries(process.env).filter(([name]) => !own.has(name));
  const tags = agent.tags.map((tag): [string, string] => {
    const [key = "", ...value] = tag.split("=");
    return [`BUILDKITE_AGENT_META_DATA_${key.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`, value.join("=")];
  });
  return {
    ...Object.fromEntries(inherited),
    ...job.env,
    ...Object.fromEntries(tags),
    BUILDKITE_AGENT_ID: agent.id,
    BUILDKITE_AGENT_NAME: agent.name,
    BUILDKITE_AGENT_ENDPOINT: job.endpoint,
    BUILDKITE_AGENT_ACCESS_TOKEN: job.token,
    BUILDKITE_BUILD_PATH: settings.buildPath,
    BUILDKITE_BUILD_CHECKOUT_PATH: join(settings.buildPath, agent.name, job.env.BUILDKITE_PIPELINE_SLUG ?? ""),
  };
}
