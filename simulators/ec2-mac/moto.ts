import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { ACCOUNT_ID } from "./context.ts";

/** A moto server of our own. */
export interface Moto {
  url: string;
  /** Ends it and waits until it is gone. */
  close(): Promise<void>;
}

const START_SECONDS = 30;

/**
 * Starts `moto_server` on a free loopback port. It ends with this process, even when this process is killed.
 * @throws Error when the program is missing, ends early, or does not listen within 30 seconds
 */
export async function startMoto(program: string): Promise<Moto> {
  const child = spawn(program, ["-H", "127.0.0.1", "-p", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, MOTO_ACCOUNT_ID: ACCOUNT_ID, MOTO_IAM_LOAD_MANAGED_POLICIES: "true", PYTHONUNBUFFERED: "1" },
  });
  const watcher = endWithUs(child);
  try {
    const url = await listeningUrl(child, program);
    return { url, close: () => end(child, watcher) };
  } catch (error) {
    await end(child, watcher);
    throw error;
  }
}

/** A shell that waits for our end of its stdin to close, which happens however we die, and then ends moto. */
function endWithUs(child: ChildProcess): ChildProcess | undefined {
  if (child.pid === undefined) return undefined;
  const watcher = spawn("/bin/sh", ["-c", 'cat >/dev/null; kill "$1" 2>/dev/null', "sh", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    // Out of reach of a Ctrl-C, which ends the whole foreground group at once.
    detached: true,
  });
  watcher.unref();
  return watcher;
}

async function listeningUrl(child: ChildProcess, program: string): Promise<string> {
  const heard: string[] = [];
  const lines = createInterface({ input: child.stderr ?? process.stdin });
  const found = new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (url) resolve(url);
      else if (heard.length < 20) heard.push(line);
    });
    child.once("error", (cause) =>
      reject(new Error(`${program} does not start; \`make tools\` installs it`, { cause })),
    );
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}:\n${heard.join("\n")}`)));
    const late = () => reject(new Error(`${program} does not listen after ${START_SECONDS} s:\n${heard.join("\n")}`));
    setTimeout(late, START_SECONDS * 1000).unref();
  });
  return found;
}

async function end(child: ChildProcess, watcher: ChildProcess | undefined): Promise<void> {
  // The watcher goes first: were it to outlive moto, it might signal a number that is somebody else's by then.
  watcher?.kill("SIGKILL");
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const impatient = setTimeout(() => child.kill("SIGKILL"), 3000);
  await gone;
  clearTimeout(impatient);
}
