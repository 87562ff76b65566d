import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { SYSTEM_PROGRAMS } from "../../../simulators/mac/session.ts";

/** A new folder for a simulated Mac's disk. */
export function newRoot(): string {
  return mkdtempSync(join(tmpdir(), "mac-"));
}

/** Runs one simulated program of macOS, without ssh. */
export async function runProgram(root: string, argv: [string, ...string[]], env: Record<string, string> = {}) {
  const [program, ...args] = argv;
  const child = spawn(join(SYSTEM_PROGRAMS, program), args, {
    env: {
      PATH: `${SYSTEM_PROGRAMS}:/usr/bin:/bin`,
      MAC_SIM_ROOT: root,
      MAC_SIM_NODE: process.execPath,
      NODE_COMPILE_CACHE: join(root, "node-cache"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { exitCode, stdout, stderr };
}

/** True while this process runs; one that only waits for its parent to notice its end does not. */
export function runs(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}
