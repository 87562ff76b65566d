/** The simulated `buildkite-agent`: start, and from inside a job stop, pause, resume and bootstrap. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { call } from "./client.ts";
import { readSettings, SettingsError } from "./settings.ts";
import { start } from "./start.ts";

const [command = "", ...rest] = process.argv.slice(2);
try {
  process.exitCode = await run(command, rest);
} catch (error) {
  process.stderr.write(`buildkite-agent: fatal: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
// Sockets that are kept open would keep the program alive.
process.exit();

async function run(name: string, args: string[]): Promise<number> {
  switch (name) {
    case "start":
      return start(readSettings(args, process.env));
    case "bootstrap":
      return bootstrap();
    case "stop": {
      const { values } = parseArgs({ args, options: { force: { type: "boolean", default: false } } });
      return tell("stop", { force: values.force });
    }
    case "pause": {
      const options = {
        note: { type: "string", default: "" },
        "timeout-in-minutes": { type: "string", default: "5" },
      } as const;
      const { values } = parseArgs({ args, options });
      return tell("pause", { note: values.note, timeout_in_minutes: Number(values["timeout-in-minutes"]) });
    }
    case "resume":
      return tell("resume", {});
    case "--version":
      process.stdout.write(`buildkite-agent version ${process.env.BUILDKITE_SIM_AGENT_VERSION ?? "3.115.0"}\n`);
      return 0;
    default:
      throw new SettingsError(`No help topic for '${name}'`);
  }
}

/** Speaks about the agent that runs this job. */
async function tell(what: string, body: object): Promise<number> {
  const { BUILDKITE_AGENT_ENDPOINT: endpoint, BUILDKITE_AGENT_ACCESS_TOKEN: token } = process.env;
  if (!endpoint || !token) {
    throw new SettingsError(`Missing agent-access-token. See: \`buildkite-agent ${what} --help\``);
  }
  await call(endpoint, token, "POST", what, body);
  return 0;
}

/** Runs the job's command in its checkout folder. There is no checkout and there are no hooks. */
function bootstrap(): number {
  const { BUILDKITE_BUILD_CHECKOUT_PATH: cwd = ".", BUILDKITE_COMMAND: line = "" } = process.env;
  mkdirSync(cwd, { recursive: true });
  const { status } = spawnSync("/bin/sh", ["-e", "-c", line], { cwd, stdio: "inherit" });
  return status ?? 1;
}
