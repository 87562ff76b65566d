import type { ClientChannel } from "ssh2";
import { dial } from "./connection.ts";
import type { CommandEnd, CommandInputs } from "./types.ts";

/**
 * Runs a command on a Mac by an ssh client inside this process, as the vendor does. Variables are sent the ssh way, so
 * a server that takes none (macOS takes only LANG and LC_*) fails the command; the previous output is only offered.
 */
export async function runRemote(
  command: string,
  inputs: CommandInputs,
  previous: Record<string, string>,
  signal: AbortSignal,
): Promise<CommandEnd> {
  if (!inputs.connection) throw new Error("missing connection");
  const client = await dial(inputs.connection, signal);
  const stop = () => client.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const refused = Object.keys(inputs.environment ?? {}).find((name) => !/^(LANG|LC_.*)$/.test(name));
    if (refused) return { stdout: "", stderr: "", failure: `could not set environment variable "${refused}"` };
    const env = { ...previous, ...inputs.environment };
    return await new Promise<CommandEnd>((resolve, reject) => {
      client.exec(command, { env }, (error, channel) => {
        if (error) return reject(error);
        // Listened to at once: a short command's end may come in the same packet as its start.
        resolve(ended(channel));
        channel.end(inputs.stdin ?? "");
      });
    });
  } finally {
    signal.removeEventListener("abort", stop);
    client.end();
  }
}

function ended(channel: ClientChannel): Promise<CommandEnd> {
  const streams = { stdout: "", stderr: "" };
  channel.setEncoding("utf8").on("data", (text: string) => {
    streams.stdout += text;
  });
  channel.stderr.setEncoding("utf8").on("data", (text: string) => {
    streams.stderr += text;
  });
  return new Promise((resolve) => {
    let failure: string | undefined = "wait: remote command exited without exit status or exit signal";
    channel.on("exit", (code: number | null, name?: string) => {
      if (code === 0) failure = undefined;
      else failure = code === null ? `Process exited with signal ${name}` : `Process exited with status ${code}`;
    });
    channel.on("close", () => resolve(failure ? { ...streams, failure } : streams));
  });
}
