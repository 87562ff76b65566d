import type { ChildProcess } from "node:child_process";
import { timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import ssh2, { type AuthContext, type Connection } from "ssh2";
import { readFaults } from "./faults.ts";
import { newKeyPair, parseKey, publicLineOf } from "./keys.ts";
import { endJobs, environmentFile, startLaunchAgents } from "./launchd/jobs.ts";
import { homeOf, type MacEnvironment, programEnvironment, runSession } from "./session.ts";

/** A Mac to simulate. */
export interface MacOptions {
  /** The name it was given, as `scutil --get ComputerName` tells it. */
  name: string;
  /** A folder that stands for its disk; made when missing. */
  root: string;
  /** Default: one that the system chooses. */
  port?: number;
  /** sshd's private key. */
  hostKey: string;
  /** The public line of the one key that may log in, as user `admin`. */
  authorizedKey: string;
  /** Folders of more programs, for instance the simulated `tart`; searched first. */
  path?: readonly string[];
  /** More environment for every program. */
  env?: Readonly<Record<string, string>>;
}

/** A simulated Mac that is switched on. */
export interface Mac {
  /** Where its sshd listens, on 127.0.0.1. */
  port: number;
  /** Its public host key, `ssh-ed25519 AAAA...`. */
  hostKeyLine: string;
  /** Switches it off: ends its connections, their programs, and all jobs of launchd. */
  close(): Promise<void>;
}

/** Switches a simulated Mac on. What ran before on this disk is ended, and launch agents start, as at a real boot. */
export async function startMac(options: MacOptions): Promise<Mac> {
  const mac: MacEnvironment = { root: options.root, path: options.path ?? [], env: options.env ?? {} };
  prepareDisk(options);
  await endJobs(mac.root);
  writeFileSync(environmentFile(mac.root), JSON.stringify(programEnvironment(mac)));
  await startLaunchAgents(mac.root);

  const hostKeys = [options.hostKey, otherKindOf(options.hostKey)];
  const open = new Set<Socket>();
  const running = new Set<ChildProcess>();
  const listener = createServer((socket) => {
    open.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.once("close", () => open.delete(socket));
    if (readFaults(mac.root).refuseConnections) {
      socket.destroy();
      return;
    }
    // One sshd for each connection, as in OpenSSH; it keeps the socket at hand for the faults.
    const sshd = new ssh2.Server({ hostKeys });
    sshd.on("connection", (connection) => serve(connection, socket, options, mac, running));
    sshd.injectSocket(socket);
  });
  return {
    port: await listen(listener, options.port ?? 0),
    hostKeyLine: publicLineOf(options.hostKey),
    async close() {
      const closed = new Promise((resolve) => listener.close(resolve));
      for (const socket of open) socket.destroy();
      await Promise.all([...running].map(kill));
      await endJobs(mac.root);
      await closed;
    },
  };
}

/** A Mac has host keys of several kinds, and shows the one of the kind that its client asks for first. */
function otherKindOf(hostKey: string): string {
  return newKeyPair(parseKey(hostKey).type === "ssh-ed25519" ? "ecdsa" : "ed25519").privateKey;
}

function prepareDisk({ root, name }: MacOptions): void {
  if (existsSync(homeOf(root))) return;
  mkdirSync(homeOf(root), { recursive: true });
  mkdirSync(join(root, "scutil"), { recursive: true });
  writeFileSync(join(root, "scutil", "ComputerName"), `${name}\n`);
  // Somebody is logged in at the screen; `launchctl` knows by this file.
  writeFileSync(join(root, "gui-session"), "");
}

function serve(
  connection: Connection,
  socket: Socket,
  options: MacOptions,
  mac: MacEnvironment,
  running: Set<ChildProcess>,
): void {
  const authorized = parseKey(options.authorizedKey);
  let written = 0;
  const onBytes = (count: number) => {
    written += count;
    const { dropAfterBytes } = readFaults(mac.root);
    if (dropAfterBytes !== undefined && written > dropAfterBytes) socket.destroy();
  };
  connection.on("error", () => {});
  connection.on("authentication", (context) => {
    if (!readFaults(mac.root).rejectKeys && isAuthorized(context, authorized)) context.accept();
    else context.reject(["publickey"]);
  });
  connection.on("session", (accept) => {
    accept().on("exec", async (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      await sleep(readFaults(mac.root).delaySeconds * 1000);
      const child = runSession(command, channel, mac, onBytes);
      running.add(child);
      child.once("close", () => running.delete(child));
    });
  });
}

function isAuthorized(context: AuthContext, authorized: ssh2.ParsedKey): boolean {
  if (context.method !== "publickey" || context.username !== "admin") return false;
  const expected = authorized.getPublicSSH();
  if (context.key.data.length !== expected.length || !timingSafeEqual(context.key.data, expected)) return false;
  if (!context.signature) return true;
  return authorized.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo) === true;
}

function listen(listener: NetServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(port, "127.0.0.1", () => resolve((listener.address() as AddressInfo).port));
  });
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    // Group 0 would be this program's own.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended at this moment.
  }
  await ended;
}
