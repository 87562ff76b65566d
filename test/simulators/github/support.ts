import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type Github, type GithubOptions, startGithub } from "../../../simulators/github/server.ts";
import { stillClock } from "../buildkite/support.ts";

const program = join(import.meta.dirname, "../../../simulators/github/runner/run.sh");
/** For files of tests; removed at the end. */
export const scratch = mkdtempSync(join(tmpdir(), "gh-runner-"));
const running = new Set<ChildProcess>();
/** No test needs a runner for longer. */
const longestSeconds = 15;
let count = 0;

after(() => {
  for (const child of running) child.kill("SIGTERM");
  rmSync(scratch, { recursive: true, force: true });
});

/** A simulated GitHub for one test file, on a still clock. */
export async function github(options: GithubOptions = {}): Promise<Github> {
  const server = await startGithub({ clock: stillClock(), ...options });
  after(() => server.close());
  return server;
}

/** A started runner program. */
export interface RunnerProgram {
  /** Where its files are. */
  root: string;
  readonly output: string;
  /** The exit status, when it ended. */
  ended: Promise<number | null>;
  send(signal: NodeJS.Signals): void;
}

/** Starts `run.sh` in a folder of its own. */
export function startRunner(jitConfig: string, env: Record<string, string> = {}): RunnerProgram {
  count += 1;
  const root = join(scratch, `runner-${count}`);
  mkdirSync(root);
  symlinkSync(program, join(root, "run.sh"));
  const child = spawn(join(root, "run.sh"), [], {
    env: {
      PATH: process.env.PATH,
      MAC_SIM_NODE: process.execPath,
      NODE_COMPILE_CACHE: join(scratch, "cache"),
      RUNNER_SIM_POLL_MS: "10",
      ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig,
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`still there:\n${output}`)), longestSeconds * 1000);
    child.once("close", (code) => {
      clearTimeout(deadline);
      running.delete(child);
      resolve(code);
    });
  });
  return {
    root,
    get output() {
      return output;
    },
    ended,
    send: (signal) => void child.kill(signal),
  };
}
