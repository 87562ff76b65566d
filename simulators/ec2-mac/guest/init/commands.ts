import { writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { resolve as resolvePath } from "node:path";
import type { Outcome } from "../../../mac/launchd/commands.ts";
import { uidOf } from "./peer.ts";

/** The port where the Mac's programs ask its init; see `simulators/mac/guest-bin/ask`. */
const PORT = 1;

/** A program that init runs on behalf of whoever started it. */
export interface Call {
  name: string;
  args: string[];
  cwd: string;
  stdin: string;
  uid: number;
  /** Aborted when the program was killed. */
  gone: AbortSignal;
}

/** What a program answers; bytes may take the place of text, and a file that of the output. */
export interface Reply extends Omit<Outcome, "stdout"> {
  stdout: string | Buffer;
  file?: string;
}

/** Answers the simulated programs. One that is unknown is a fault of ours, and says so. */
export async function serveCommands(run: (call: Call) => Promise<Reply>): Promise<void> {
  const server = createServer((socket) => {
    const gone = new AbortController();
    socket.on("error", () => {});
    socket.once("close", () => gone.abort());
    let received = "";
    socket.setEncoding("utf8").on("data", async (text: string) => {
      received += text;
      const call = parse(received);
      if (!call) return;
      received = "";
      const uid = uidOf(socket);
      if (uid === undefined) socket.destroy();
      else send(socket, await perform(run, { ...call, uid, gone: gone.signal }));
    });
  });
  await new Promise<void>((done, reject) => {
    server.once("error", reject);
    server.listen(PORT, "127.0.0.1", done);
  });
}

/** A call is its name, folder, stdin, number of arguments and arguments, each with a NUL at its end. */
function parse(received: string): Pick<Call, "name" | "args" | "cwd" | "stdin"> | undefined {
  const [name, cwd, stdin, count, ...args] = received.split("\0");
  if (count === undefined || args.length <= Number(count)) return undefined;
  return { name: name ?? "", cwd: cwd ?? "/", stdin: stdin ?? "", args: args.slice(0, Number(count)) };
}

async function perform(run: (call: Call) => Promise<Reply>, call: Call): Promise<Reply> {
  try {
    const reply = await run(call);
    if (reply.file === undefined) return reply;
    writeFileSync(resolvePath(call.cwd, reply.file), reply.stdout);
    return { ...reply, stdout: "" };
  } catch (error) {
    console.error(error);
    return { exitCode: 70, stdout: "", stderr: `${call.name}: ${(error as Error).message}\n` };
  }
}

function send(socket: Socket, { exitCode, stdout, stderr }: Reply): void {
  const [output, errors] = [Buffer.from(stdout), Buffer.from(stderr)];
  socket.end(Buffer.concat([Buffer.from(`${exitCode} ${output.length} ${errors.length}\n`), output, errors]));
}
