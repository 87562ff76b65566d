import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DriverError } from "../errors.ts";
import { isThere } from "../system/processes.ts";
import { runProcess } from "./process.ts";
import { classifySshFailure } from "./ssh-errors.ts";

/** A Mac and how to log in to it. */
export interface SshTarget {
  address: string;
  port: number;
  user: string;
  /** The one key that the Mac may show: `ssh-ed25519 AAAA...`. */
  hostKey: string;
  identity: { privateKey: string } | { agent: true };
}

const CONNECT_SECONDS = 10;
/** Connecting and logging in together. */
const OPEN_SECONDS = 20;
/** How long a shared connection stays open unused. */
const PERSIST_SECONDS = 15;
/** A socket's path may have 104 bytes on macOS, of which our names take 33 and those that ssh appends 17. */
const LONGEST_TEMP_FOLDER = 53;
const FOLDER_NAME = /^mrf-(\d+)-/;

const connections = new Map<string, SshConnection>();
let privateFolder: string | undefined;

/** The connection to this Mac; everybody in this process who means the same Mac, user and key shares it. */
export function sshConnection(target: SshTarget): SshConnection {
  const key = createHash("sha256").update(JSON.stringify(target)).digest("hex").slice(0, 12);
  const connection = connections.get(key) ?? new SshConnection(target, key);
  connections.set(key, connection);
  return connection;
}

/** Ends all shared connections of this process, and with them what still runs over them; removes its private folder. */
export async function closeSshConnections(): Promise<void> {
  await Promise.all([...connections.values()].map((connection) => connection.close()));
  removeFolder();
}

/** One connection that many commands share: an OpenSSH master and, while a call runs, the private key in a 0600 file. */
export class SshConnection {
  readonly #target: SshTarget;
  readonly #key: string;
  #opening: Promise<void> | undefined;
  #users = 0;

  constructor(target: SshTarget, key: string) {
    this.#target = target;
    this.#key = key;
  }

  /** Runs `use` with the key in place and the shared connection open, so far as it could be opened. */
  async hold<T>(use: () => Promise<T>): Promise<T> {
    this.#users += 1;
    try {
      this.#placeFiles();
      return await use();
    } finally {
      this.#users -= 1;
      if (this.#users === 0) rmSync(this.#path("k"), { force: true });
    }
  }

  /**
   * Makes sure that the shared connection lives; calls at the same time open it once.
   * @throws DriverError `unreachable`, `access-denied`, `host-key-mismatch`, `program-missing`
   */
  async open(): Promise<void> {
    // Holds by itself: who asked first may have given up when the key is read.
    this.#opening ??= this.hold(() => this.#openMaster()).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Arguments for an ssh client that goes through the shared connection, or by itself should that be full or just gone. */
  clientArgs(commandLine: string): string[] {
    return [...this.#options(), "-o", "ControlMaster=no", "--", this.#target.address, commandLine];
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    if (!existsSync(this.#path("m"))) return;
    // A master that is gone, or hangs, ends by itself; there is nothing else to do about it.
    await runProcess({ argv: this.#exitArgv(), what: "ssh -O exit", env: process.env, timeoutSeconds: 5 }).catch(
      () => {},
    );
  }

  /** For the exit of this process, which waits for nothing. */
  closeNow(): void {
    const [program, ...args] = this.#exitArgv();
    if (existsSync(this.#path("m"))) spawnSync(program, args, { stdio: "ignore", timeout: 2000 });
  }

  async #openMaster(): Promise<void> {
    if (await accepts(this.#path("m"))) return;
    rmSync(this.#path("m"), { force: true });
    const { address, user } = this.#target;
    const what = `ssh to ${user}@${address}`;
    const persist = ["-o", "ControlMaster=yes", "-o", `ControlPersist=${PERSIST_SECONDS}`, "-N", "-f"];
    const argv = ["ssh", ...this.#options(), ...persist, "--", address] as const;
    const end = await runProcess({ argv: [...argv], what, env: process.env, timeoutSeconds: OPEN_SECONDS }).catch(
      (e) => {
        throw e instanceof DriverError && e.kind === "timeout"
          ? new DriverError(`${what} did not log in within ${OPEN_SECONDS} s`, { kind: "unreachable" })
          : e;
      },
    );
    if (end.exitCode === 0) return;
    throw new DriverError(`${what} failed`, { ...classifySshFailure(end.stderr), vendorText: end.stderr });
  }

  #options(): string[] {
    const { port, user, address, identity } = this.#target;
    const settings: Record<string, string | number> = {
      BatchMode: "yes",
      PreferredAuthentications: "publickey",
      StrictHostKeyChecking: "yes",
      UserKnownHostsFile: this.#path("h"),
      GlobalKnownHostsFile: "none",
      // Without the port in the name, so that one pinned line serves.
      HostKeyAlias: address.toLowerCase(),
      CheckHostIP: "no",
      UpdateHostKeys: "no",
      ConnectTimeout: CONNECT_SECONDS,
      ServerAliveInterval: 5,
      ServerAliveCountMax: 3,
      ClearAllForwardings: "yes",
      LogLevel: "ERROR",
      ControlPath: this.#path("m"),
      ...("privateKey" in identity
        ? { IdentityFile: this.#path("k"), IdentitiesOnly: "yes", IdentityAgent: "none" }
        : { IdentitiesOnly: "no" }),
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    return ["-F", "none", "-T", "-a", "-x", "-p", String(port), "-l", user, ...options];
  }

  #exitArgv(): [string, ...string[]] {
    return ["ssh", "-F", "none", "-o", `ControlPath=${this.#path("m")}`, "-O", "exit", "--", this.#target.address];
  }

  #placeFiles(): void {
    const { identity, address, hostKey } = this.#target;
    // Written once each: rewriting would truncate what an ssh may be reading at this moment.
    if (!existsSync(this.#path("h")))
      writeFileSync(this.#path("h"), `${address.toLowerCase()} ${hostKey}\n`, { mode: 0o600 });
    if (!("privateKey" in identity) || existsSync(this.#path("k"))) return;
    // OpenSSH refuses a key file with other line ends, or without the last one.
    const text = `${identity.privateKey.replaceAll("\r\n", "\n").trimEnd()}\n`;
    writeFileSync(this.#path("k"), text, { mode: 0o600 });
  }

  /** `m` the master's socket, `h` the pinned host key, `k` the private key. */
  #path(kind: "m" | "h" | "k"): string {
    return join(folder(), `${kind}${this.#key}`);
  }
}

/** This process's private folder. Those of processes that were killed go away at the same time. */
function folder(): string {
  if (privateFolder && existsSync(privateFolder)) return privateFolder;
  // ssh would split a path at a blank and expand a percent sign.
  const isUsable = tmpdir().length <= LONGEST_TEMP_FOLDER && /^[\w./+-]+$/.test(tmpdir());
  const parent = isUsable ? tmpdir() : "/tmp";
  sweep(parent);
  privateFolder = mkdtempSync(join(parent, `mrf-${process.pid}-`));
  process.once("exit", endAtExit);
  return privateFolder;
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(FOLDER_NAME.exec(name)?.[1] ?? Number.NaN);
    const path = join(parent, name);
    if (Number.isNaN(pid) || isThere(pid)) continue;
    if (lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.())
      rmSync(path, { recursive: true, force: true });
  }
}

function endAtExit(): void {
  for (const connection of connections.values()) connection.closeNow();
  removeFolder();
}

function removeFolder(): void {
  if (privateFolder) rmSync(privateFolder, { recursive: true, force: true });
  privateFolder = undefined;
  process.off("exit", endAtExit);
}

/** True when somebody listens on this socket; a master that was killed leaves its socket file behind. */
function accepts(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
