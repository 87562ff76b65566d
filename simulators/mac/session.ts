import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import type { ServerChannel } from "ssh2";

/** The programs of macOS itself, as far as they are simulated. */
export const SYSTEM_PROGRAMS = join(import.meta.dirname, "bin");

/** What every program on a simulated Mac finds in its environment. */
export interface MacEnvironment {
  root: string;
  /** Folders of more programs, searched first. */
  path: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** The home folder of the one user, `admin`. */
export function homeOf(root: string): string {
  return join(root, "Users", "admin");
}

/** The environment of a program that sshd or launchd starts. */
export function programEnvironment(mac: MacEnvironment): Record<string, string> {
  return {
    HOME: homeOf(mac.root),
    USER: "admin",
    LOGNAME: "admin",
    SHELL: "/bin/zsh",
    PATH: [...mac.path, SYSTEM_PROGRAMS, "/usr/bin", "/bin", "/usr/sbin", "/sbin"].join(":"),
    MAC_SIM_ROOT: mac.root,
    MAC_SIM_NODE: process.execPath,
    // Simulated programs written for Node start three times as fast from the second time on.
    NODE_COMPILE_CACHE: join(mac.root, "node-cache"),
    ...mac.env,
  };
}

/**
 * Runs one command for one channel as OpenSSH's sshd does without a terminal: in a session of its own, through the
 * shell; ended by nobody when the client goes away, but with its stdin at the end and its output nowhere to go.
 * `onBytes` hears how much it wrote. Returns the process.
 */
export function runSession(
  command: string,
  channel: ServerChannel,
  mac: MacEnvironment,
  onBytes: (count: number) => void,
): ChildProcessWithoutNullStreams {
  const child = spawn("/bin/sh", ["-c", command], {
    cwd: homeOf(mac.root),
    env: programEnvironment(mac),
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {});
  channel.on("error", () => {});
  channel.pipe(child.stdin);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => onBytes(chunk.length));
  }
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on("close", () => {
    child.stdin.end();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.on("close", (code, signal) => {
    if (signal) channel.exit(signal.replace("SIG", ""));
    else channel.exit(code ?? 0);
    channel.end();
  });
  return child;
}
