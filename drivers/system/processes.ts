import process from "node:process";
import { DriverError } from "../errors.ts";
import type { Exec } from "../exec/types.ts";

/** A process as `ps` shows it. */
export interface SystemProcess {
  pid: number;
  parentPid: number;
  command: string;
}

/** Every process of this computer, in the form that both macOS and Linux know. */
export async function listProcesses(exec: Exec, signal?: AbortSignal): Promise<SystemProcess[]> {
  const output = await exec.run({
    argv: ["ps", "-axo", "pid=,ppid=,command=", "-ww"],
    timeoutSeconds: 20,
    ...(signal && { signal }),
  });
  if (output.exitCode !== 0) throw new DriverError("ps failed.", { kind: "failed", vendorText: output.stderr });
  return output.stdout.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), parentPid: Number(match[2]), command: match[3] ?? "" }] : [];
  });
}

/** Ends one process that was seen before. It is well if it has ended meanwhile. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** True while a process with this id runs. One that has ended and that nobody has taken note of (a zombie) does not. */
export async function isRunning(exec: Exec, pid: number, signal?: AbortSignal): Promise<boolean> {
  const output = await exec.run({
    argv: ["ps", "-o", "stat=", "-p", String(pid)],
    timeoutSeconds: 20,
    ...(signal && { signal }),
  });
  const state = output.stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

/** True when a process of this computer has this id, whoever's it is. For a look that must not wait for `ps`. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
