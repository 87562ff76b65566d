import { spawn } from "node:child_process";
import { later } from "./time.ts";

/** How a job's process ended. */
export interface Exit {
  /** -1 when a signal ended it. */
  status: number;
  signal: NodeJS.Signals | "";
}

/** A job's process. */
export interface RunningCommand {
  done: Promise<Exit>;
  /** SIGTERM to all its processes, SIGKILL after a while. */
  cancel(): void;
}

/** Runs a command line in a process group of its own, as the agent runs its bootstrap. */
export function runCommand(
  commandLine: string,
  env: NodeJS.ProcessEnv,
  killAfterSeconds: number,
  onOutput: (text: string) => void,
): RunningCommand {
  const child = spawn("/bin/sh", ["-c", commandLine], { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", onOutput);
  let forget: (() => void) | undefined;
  const done = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      forget?.();
      resolve({ status: code ?? -1, signal: signal ?? "" });
    });
  });
  const send = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // All of them ended already.
    }
  };
  return {
    done,
    cancel: () => {
      if (forget) return;
      send("SIGTERM");
      forget = later(killAfterSeconds, () => send("SIGKILL"));
    },
  };
}
