import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** A running OCI registry that keeps its images in memory. */
export interface RegistryServer {
  /** `127.0.0.1` and the port; the first part of an image's name. */
  address: string;
  close(): Promise<void>;
}

/** Where the registry's program is. */
export interface RegistryOptions {
  /** go-containerregistry's `registry`, built by `make tools`. */
  binary: string;
  /** Chosen by the system when not given. */
  port?: number;
}

const startTimeoutSeconds = 10;

/**
 * Starts a registry that listens on this computer only and speaks HTTP.
 * @throws Error when the program is not there or does not start
 */
export async function startRegistry(options: RegistryOptions): Promise<RegistryServer> {
  if (!existsSync(options.binary)) {
    throw new Error(`The registry program ${options.binary} is not there.\n  Run \`make tools\` to build it.`);
  }
  const child = spawn(options.binary, ["-port", String(options.port ?? 0)], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "exit");
  const port = await Promise.race([
    servingPort(child.stderr),
    exited.then(() => Promise.reject(new Error("The registry ended before it served."))),
    delay(startTimeoutSeconds * 1000, undefined, { ref: false }).then(() =>
      Promise.reject(new Error(`The registry did not serve within ${startTimeoutSeconds} s.`)),
    ),
  ]);
  return {
    address: `127.0.0.1:${port}`,
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill();
      await exited;
    },
  };
}

/** The program says `serving on port N` on its log, and goes on logging, which nobody reads. */
async function servingPort(log: NodeJS.ReadableStream): Promise<number> {
  const lines = createInterface({ input: log });
  for await (const line of lines) {
    const port = /serving on port (\d+)/.exec(line)?.[1];
    if (port) {
      log.resume();
      return Number(port);
    }
  }
  throw new Error("The registry said no port.");
}
