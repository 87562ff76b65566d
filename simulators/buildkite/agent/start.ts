import { mkdirSync } from "node:fs";
import { goDuration, logger } from "./log.ts";
import type { Settings } from "./settings.ts";
import { later, now } from "./time.ts";
import { AcquisitionRejected, JobLocked, Worker } from "./worker.ts";

const log = logger();

/** Exit statuses of `buildkite-agent start` that say something (clicommand/agent_start.go). */
const statuses = { acquisitionRejected: 27, jobLocked: 28 } as const;

/** `buildkite-agent start`. @returns the exit status */
export async function start(settings: Settings): Promise<number> {
  log("NOTICE", `Starting buildkite-agent v${settings.version} with PID: ${process.pid}`);
  log("NOTICE", "The agent source code can be found here: https://github.com/buildkite/agent");
  log("NOTICE", "For questions and support, email us at: hello@buildkite.com");
  if (settings.configFile) log("INFO", `Configuration loaded path=${settings.configFile}`);
  mkdirSync(settings.buildPath, { recursive: true });
  const workers = Array.from({ length: settings.spawn }, (_, i) => new Worker(settings, i + 1));
  handleSignals(workers, settings);
  for (let i = 1; i <= workers.length; i += 1) {
    log("INFO", `Registering agent ${workers.length > 1 ? `${i} of ${workers.length} ` : ""}with Buildkite...`);
  }
  const allIdleFor = (seconds: number) =>
    workers.every(({ idleSince }) => idleSince !== undefined && now() - idleSince >= seconds);
  try {
    await Promise.all(workers.map((worker) => worker.run(allIdleFor)));
  } catch (error) {
    process.stderr.write(`buildkite-agent: fatal: ${(error as Error).message}\n`);
    if (error instanceof AcquisitionRejected) return statuses.acquisitionRejected;
    return error instanceof JobLocked ? statuses.jobLocked : 1;
  }
  const exit = settings.reflectExitStatus && settings.acquireJob ? workers[0]?.exit : undefined;
  return exit ? (exit.status < 0 ? 1 : exit.status) : 0;
}

/**
 * The first SIGTERM or SIGINT lets the job finish, the second cancels it, the third ends the program at once. SIGQUIT is
 * like the second. SIGHUP is ignored.
 */
function handleSignals(workers: readonly Worker[], settings: Settings): void {
  let count = 0;
  const force = () => {
    for (const worker of workers) worker.stop("forced");
    later(settings.cancelSeconds + 1, () => {
      log("INFO", "Timed out waiting for agents to exit; exiting immediately with status 1");
      process.exit(1);
    });
  };
  const interrupt = () => {
    count += 1;
    if (count === 1) {
      log("INFO", "Received CTRL-C, send again to forcefully kill the agent(s)");
      for (const worker of workers) worker.stop("graceful");
    } else if (count === 2) {
      const time = goDuration(settings.cancelSeconds);
      log("INFO", `Forcefully stopping running jobs and stopping the agent(s) in ${time}`);
      log(
        "INFO",
        "Press Ctrl-C one more time to exit immediately without disconnecting - note that agents will be considered lost!",
      );
      force();
    } else {
      log("INFO", "Exiting immediately with status 1");
      process.exit(1);
    }
  };
  process.on("SIGTERM", interrupt);
  process.on("SIGINT", interrupt);
  process.on("SIGQUIT", force);
  process.on("SIGHUP", () => {});
}
