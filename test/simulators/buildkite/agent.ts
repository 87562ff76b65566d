import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { Buildkite } from "../../../simulators/buildkite/server.ts";

const program = join(import.meta.dirname, "../../../simulators/buildkite/bin/buildkite-agent");
const folder = mkdtempSync(join(tmpdir(), "bk-agent-"));
const running = new Set<ChildProcess>();
let count = 0;
/** No test needs an agent for longer. */
const longestSeconds = 15;

after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A started agent program. */
export interface AgentProgram {
  readonly log: string;
  /** The exit status, when it ended. */
  ended: Promise<number | null>;
  send(signal: NodeJS.Signals): void;
  /** Resolves once the log has this line. */
  says(pattern: RegExp): Promise<void>;
}

/** Starts the agent with a config file. Its time runs 200 times as fast. */
export function startAgent(
  server: Buildkite,
  settings: Record<string, string | number | boolean> = {},
  env: Record<string, string> = {},
): AgentProgram {
  count += 1;
  const config = join(folder, `agent-${count}.cfg`);
  const all = {
    token: server.agentToken,
    endpoint: server.agentApiUrl,
    name: `mac-${count}`,
    "build-path": join(folder, `builds-${count}`),
    ...settings,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key}="${value}"`);
  writeFileSync(config, `# a comment\n${lines.join("\n")}\n`);
  const child = spawn(program, ["start", "--config", config], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      MAC_SIM_NODE: process.execPath,
      NODE_COMPILE_CACHE: join(folder, "cache"),
      BUILDKITE_SIM_RATE: "200",
      ...env,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.add(child);
  let log = "";
  const waiting: { pattern: RegExp; resolve: () => void }[] = [];
  const look = () => {
    for (const { pattern, resolve } of waiting) if (pattern.test(log)) resolve();
  };
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
    look();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    const deadline = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`still there after ${longestSeconds} s:\n${log}`));
    }, longestSeconds * 1000);
    child.once("close", (code) => {
      clearTimeout(deadline);
      running.delete(child);
      resolve(code);
    });
  });
  return {
    get log() {
      return log;
    },
    ended,
    send: (signal) => void child.kill(signal),
    says: (pattern) =>
      Promise.race([
        new Promise<void>((resolve) => {
          waiting.push({ pattern, resolve });
          look();
        }),
        ended.then(() => {
          if (!pattern.test(log)) throw new Error(`ended without saying ${pattern}:\n${log}`);
        }),
      ]),
  };
}
