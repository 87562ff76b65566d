import { DriverError } from "../errors.ts";
import type { Exec, Output } from "../exec/types.ts";

/** Where things are on a Mac, for the user that commands run as. */
export interface HostPlaces {
  uid: number;
  home: string;
  /** `$TART_HOME`, or where tart puts it without. */
  tartHome: string;
  /** The absolute path of `tart`. */
  tart: string;
}

const timeoutSeconds = 30;
const absentExitCode = 44;
const takenExitCode = 45;

const placesScript = `
id -u
printf '%s\\n' "$HOME" "\${TART_HOME:-$HOME/.tart}"
command -v tart`;

/** Asks a Mac where things are. @throws DriverError `program-missing` when it has no tart */
export async function findPlaces(exec: Exec): Promise<HostPlaces> {
  const { stdout } = await shell(exec, placesScript, []);
  const [uid = "", home = "", tartHome = "", tart] = stdout.trimEnd().split("\n");
  if (!/^\d+$/.test(uid) || !home.startsWith("/")) {
    const details = { kind: "unexpected-output", vendorText: stdout } as const;
    throw new DriverError(`asking ${exec.where} for its user and home folder`, details);
  }
  if (tart?.startsWith("/")) return { uid: Number(uid), home, tartHome, tart };
  const hint = "Install it: brew install openai/tools/tart";
  throw new DriverError(`${exec.where} has no tart on its PATH`, { kind: "program-missing", hint });
}

/** A file's content; undefined when there is no such file. @throws DriverError when it cannot be read */
export async function readHostFile(exec: Exec, path: string): Promise<string | undefined> {
  const script = `[ -e "$1" ] || exit ${absentExitCode}; exec cat "$1"`;
  const output = await shell(exec, script, [path], { allow: absentExitCode });
  return output.exitCode === absentExitCode ? undefined : output.stdout;
}

/** The last lines of a text file; empty when there is no such file. */
export async function readHostFileEnd(exec: Exec, path: string, lines: number): Promise<string> {
  const script = `[ ! -e "$1" ] || exec tail -n "$2" "$1"`;
  return (await shell(exec, script, [path, String(lines)])).stdout;
}

/** Writes a file at once, for this user only: a reader sees the old content or the new. Makes its folder. */
export async function writeHostFile(exec: Exec, path: string, content: string): Promise<void> {
  await shell(exec, `${writeAside}; exec mv -f "$new" "$1"`, [path], { stdin: content });
}

/** Writes a file unless there is one. @returns false when there is one, which stays as it is */
export async function createHostFile(exec: Exec, path: string, content: string): Promise<boolean> {
  const script = `${writeAside}; ln "$new" "$1" 2>/dev/null; code=$?; rm -f "$new"
[ $code -eq 0 ] && exit 0; [ -e "$1" ] && exit ${takenExitCode}; exit 1`;
  const output = await shell(exec, script, [path], { stdin: content, allow: takenExitCode });
  return output.exitCode === 0;
}

/** Removes files in this order; those that are gone already do not matter. */
export async function removeHostFiles(exec: Exec, paths: readonly string[]): Promise<void> {
  await shell(exec, 'for path; do rm -f "$path" || exit 1; done', paths);
}

const writeAside = `umask 077; folder=\${1%/*}; [ -d "$folder" ] || mkdir -p "$folder" || exit 1
new=$1.$$.new; cat >"$new" || exit 1`;

interface ShellOptions {
  stdin?: string;
  /** An exit code besides 0 that is an answer. */
  allow?: number;
}

async function shell(exec: Exec, script: string, args: readonly string[], options: ShellOptions = {}): Promise<Output> {
  const output = await exec.run({
    argv: ["/bin/sh", "-c", script, "sh", ...args],
    timeoutSeconds,
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  });
  if (output.exitCode === 0 || output.exitCode === options.allow) return output;
  const what = args[0] === undefined ? "a look around" : args[0];
  throw new DriverError(`${what} on ${exec.where} ended with exit code ${output.exitCode}`, {
    kind: /No space left on device/.test(output.stderr) ? "disk-full" : "failed",
    vendorText: output.stderr,
  });
}
