import { randomBytes } from "node:crypto";
import type { ProcessEnd } from "./process.ts";
import { quoteCommand } from "./quote.ts";
import type { Command } from "./types.ts";

/**
 * Runs on the Mac, under /bin/sh. `$1` is a marker, `$2` the bytes that stdin will carry, the rest is the program.
 *
 * Stdin carries the variables, an empty line and the program's own stdin, and then stays open for as long as somebody
 * here waits: sshd sends no signal to a program without a terminal when its client goes away, so the feeder watches
 * for the end of stdin and then ends the session's process group itself.
 *
 * The marker on both streams tells apart what the shell's start-up files and ssh wrote from what the program wrote.
 * After exit code 255, which ssh also uses for its own troubles, the marker comes once more.
 */
const WRAPPER = `
exec 3>&2 2>/dev/null
/bin/sh -c 'echo $$; head -c "$1"; exec >/dev/null; trap "" TERM; read -r gone
kill -TERM 0; sleep 5; kill -KILL 0' sh "$2" 3>&- | {
exec 2>&3 3>&-
read -r mrf_feeder
( while IFS= read -r mrf_line && [ -n "$mrf_line" ]; do export "$mrf_line"; done
mrf_mark=$1; shift 2
export PATH="$PATH:/opt/homebrew/bin:/usr/local/bin"
case $1 in
*/*) [ -f "$1" ] && [ -x "$1" ] ;;
*) command -v "$1" >/dev/null ;;
esac || { echo "$mrf_mark missing" >&2; exit 127; }
echo "$mrf_mark"; echo "$mrf_mark" >&2
exec "$@" )
mrf_code=$?
[ "$mrf_code" -eq 255 ] && echo "$1 255" >&2
exec 2>/dev/null
kill -KILL "$mrf_feeder"
exit "$mrf_code"; }`.trim();

/** A command in the form in which ssh carries it. */
export interface RemoteCommand {
  /** For ssh's command line. Holds no secret. */
  commandLine: string;
  /** The variables and the program's stdin. Nothing follows, but the stream must stay open until the program ends. */
  stdin: Uint8Array;
  marker: string;
}

/** What became of a command: `ended` is a result, in the other cases there is none. */
export type RemoteEnd =
  | { kind: "ended"; exitCode: number; stdout: string; stderr: string }
  | { kind: "program-missing" }
  /** ssh, or the shell on the other side, gave up before the program began. */
  | { kind: "not-started"; stderr: string }
  /** The connection ended while the program ran. */
  | { kind: "lost"; stderr: string };

/** Packs a command for the way through ssh. Values of variables must hold no line break. */
export function packRemote(command: Command): RemoteCommand {
  const marker = `mrf-${randomBytes(8).toString("hex")}`;
  const variables = Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${value}\n`);
  const stdin = Buffer.concat([Buffer.from(`${variables.join("")}\n`), Buffer.from(command.stdin ?? "")]);
  const words = ["/bin/sh", "-c", WRAPPER, "sh", marker, String(stdin.length), ...command.argv];
  return { commandLine: quoteCommand(words), stdin, marker };
}

/** Reads how the ssh client ended. Its exit code is the program's, but for 255. */
export function unpackRemote(end: ProcessEnd, marker: string): RemoteEnd {
  const stdout = after(end.stdout, `${marker}\n`);
  const stderr = after(end.stderr, `${marker}\n`);
  if (after(end.stderr, `${marker} missing\n`) !== undefined) return { kind: "program-missing" };
  if (stdout === undefined || stderr === undefined) return { kind: "not-started", stderr: end.stderr };
  const last = stderr.indexOf(`${marker} 255\n`);
  const isLost = end.signal !== null || (end.exitCode === 255 && last < 0);
  if (isLost) return { kind: "lost", stderr };
  return { kind: "ended", exitCode: end.exitCode, stdout, stderr: last < 0 ? stderr : stderr.slice(0, last) };
}

/** Passes on only those lines that the program itself wrote. */
export function programLines(onLine: NonNullable<Command["onLine"]>, marker: string): NonNullable<Command["onLine"]> {
  const started = { stdout: false, stderr: false };
  return (line, stream) => {
    if (line === marker) started[stream] = true;
    else if (started[stream] && line !== `${marker} 255`) onLine(line, stream);
  };
}

function after(text: string, line: string): string | undefined {
  const start = text.indexOf(line);
  return start < 0 ? undefined : text.slice(start + line.length);
}
