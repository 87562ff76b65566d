import { DriverError } from "../errors.ts";
import { checkEnv, runProcess } from "./process.ts";
import { quoteCommand } from "./quote.ts";
import { type SshConnection, type SshTarget, sshConnection } from "./ssh-connection.ts";
import { classifySshFailure } from "./ssh-errors.ts";
import { packRemote, programLines, unpackRemote } from "./ssh-remote.ts";
import type { Command, Exec, Output } from "./types.ts";

export { closeSshConnections } from "./ssh-connection.ts";

/** A Mac reached by ssh. */
export interface SshExecOptions extends Omit<SshTarget, "port"> {
  /** For messages, where the address says little. */
  name?: string;
  /** Default 22. */
  port?: number;
}

const HOST_KEY = /^(\S+ [A-Za-z0-9+/]+=*)(\s.*)?$/;
/** Nothing that ssh could take for an option or for several words. */
const PLAIN_WORD = /^[^-\s][^\s]*$/;

/**
 * Runs programs on a Mac through the computer's own OpenSSH client. Commands share one connection per Mac and user,
 * which closes by itself after some idle seconds; a lost one is opened anew by the next call.
 *
 * `PATH` there gets Homebrew's folders appended, which an ssh session on macOS lacks. At a time-out or an abort the
 * program and what it started get SIGTERM, and SIGKILL 5 s later; the error comes once they have ended, or after 2 s.
 * When the connection is lost the same happens as soon as the Mac's sshd notices; without a network that may be never.
 * @throws DriverError `invalid-argument` for an address, user or host key that ssh would misread
 */
export function sshExec(options: SshExecOptions): Exec {
  const { name, address, user, identity, port = 22 } = options;
  for (const [what, word] of Object.entries({ address, user })) {
    if (!PLAIN_WORD.test(word)) throw new DriverError(`ssh: the ${what} ${JSON.stringify(word)} is not one`, invalid);
  }
  const hostKey = HOST_KEY.exec(options.hostKey.trim())?.[1];
  if (!hostKey) {
    const hint = "Give the type and the key as in /etc/ssh/ssh_host_ecdsa_key.pub: ecdsa-sha2-nistp256 AAAA...";
    throw new DriverError(`ssh: the host key of ${address} is not one`, { ...invalid, hint });
  }
  const connection = sshConnection({ address, user, port, hostKey, identity });
  const where = name ?? `${user}@${address}`;
  return { where, run: (command) => connection.hold(() => run(connection, where, command)) };
}

const invalid = { kind: "invalid-argument" } as const;

async function run(connection: SshConnection, where: string, command: Command): Promise<Output> {
  const what = `${quoteCommand(command.argv)} on ${where}`;
  checkEnv(command.env ?? {}, /[\0\n]/, "a line break or a NUL character, which ssh cannot carry");
  const deadline = Date.now() + command.timeoutSeconds * 1000;
  await within(connection.open(), command, what);

  const remote = packRemote(command);
  const end = await runProcess({
    ...command,
    argv: ["ssh", ...connection.clientArgs(remote.commandLine)],
    what,
    env: process.env,
    stdin: remote.stdin,
    stdinIsLifeline: true,
    timeoutSeconds: Math.max(0, (deadline - Date.now()) / 1000),
    ...(command.onLine ? { onLine: programLines(command.onLine, remote.marker) } : {}),
  });
  const outcome = unpackRemote(end, remote.marker);
  switch (outcome.kind) {
    case "ended":
      return { exitCode: outcome.exitCode, stdout: outcome.stdout, stderr: outcome.stderr };
    case "program-missing":
      throw new DriverError(`${what}: there is no such program`, { kind: "program-missing" });
    case "not-started":
      throw new DriverError(`${what} could not start`, notStarted(end.exitCode, outcome.stderr));
    case "lost":
      throw new DriverError(`${what}: the connection was lost while it ran; what it did is unknown`, {
        kind: "unreachable",
        vendorText: outcome.stderr,
      });
  }
}

function notStarted(exitCode: number, stderr: string) {
  if (exitCode === 255) return { ...classifySshFailure(stderr), vendorText: stderr };
  return { kind: "unexpected-output", vendorText: `The login shell ended with code ${exitCode}. ${stderr}` } as const;
}

/** Waits for a shared effort no longer than this one command may wait. */
async function within(effort: Promise<void>, command: Command, what: string): Promise<void> {
  const stopped = Promise.withResolvers<never>();
  const stop = (how: string, kind: "timeout" | "aborted") =>
    stopped.reject(new DriverError(`${what} ${how}`, { kind }));
  const onAbort = () => stop("was aborted", "aborted");
  const seconds = command.timeoutSeconds;
  const timer = setTimeout(
    () => stop(`did not end within ${seconds} s`, "timeout"),
    Math.min(seconds * 1000, 2 ** 31 - 1),
  );
  command.signal?.addEventListener("abort", onAbort, { once: true });
  if (command.signal?.aborted) onAbort();
  try {
    await Promise.race([effort, stopped.promise]);
  } finally {
    clearTimeout(timer);
    command.signal?.removeEventListener("abort", onAbort);
  }
}
