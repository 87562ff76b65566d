import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Disks } from "./disks.ts";
import type { Answer, FromGuest, Question, ShellResult, ToGuest } from "./messages.ts";
import { linuxEnvironment, type Namespaces } from "./namespaces.ts";

const checkout = dirname(dirname(dirname(import.meta.dirname)));

/** What a Mac is switched on with. */
export interface MachineOptions {
  namespaces: Extract<Namespaces, { ok: true }>;
  disks: Disks;
  /** The sealed system, see `buildSystem`. */
  system: string;
  /** The sockets of `openRelays`. */
  relay: string;
  /** Where every Mac finds what Node has compiled for another. */
  nodeCache: string;
  /** What it says on its screen. */
  console: string;
  boot: Extract<ToGuest, { kind: "boot" }>;
  answer(question: Question): Promise<Answer>;
  /** It has shut down, wants to boot again, or broke down. */
  ended(how: "halt" | "reboot" | "panic"): void;
}

/** A simulated Mac that is switched on. All its processes are in one tree, and in one namespace of process numbers. */
export class Machine {
  readonly #process: ChildProcess;
  readonly #options: MachineOptions;
  readonly #shells = new Map<number, (result: ShellResult) => void>();
  #count = 0;
  #isOff = false;
  #isBooted = false;

  constructor(options: MachineOptions) {
    this.#options = options;
    const log = openSync(options.console, "a");
    const argv = [...options.namespaces.unshare, "/bin/bash", join(import.meta.dirname, "boot.sh")];
    this.#process = spawn("unshare", argv, {
      env: { ...linuxEnvironment(), ...bootEnvironment(options) },
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
    });
    closeSync(log);
    this.#process.on("error", () => this.#end("panic"));
    this.#process.once("exit", () => this.#end("panic"));
    this.#process.on("message", (message: FromGuest) => void this.#hear(message));
    this.tell(options.boot);
  }

  /** True as soon as its programs can run. */
  get isBooted(): boolean {
    return this.#isBooted && !this.#isOff;
  }

  /** Says something to its init. */
  tell(message: ToGuest): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** Runs a script as root, and waits for its end. */
  run(script: string): Promise<ShellResult> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve) => {
      this.#shells.set(id, resolve);
      this.tell({ kind: "run", id, script });
    });
  }

  /** Stops or resumes all that runs on it, as if its processors stood still. */
  freeze(isFrozen: boolean): void {
    const reached = new Set<number>();
    for (;;) {
      // One that stood still last may have started another just before.
      const others = descendants(this.#process.pid)
        .slice(1)
        .filter((pid) => !reached.has(pid));
      if (others.length === 0) return;
      for (const pid of others) {
        reached.add(pid);
        signal(pid, isFrozen ? "SIGSTOP" : "SIGCONT");
      }
    }
  }

  /** Pulls the plug, and waits until nothing of it is left. */
  async close(): Promise<void> {
    this.#isOff = true;
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const gone = once(this.#process, "exit");
    // With the first process inside all others end, and unshare after them.
    process.kill(childrenOf(pid)[0] ?? pid, "SIGKILL");
    await gone;
    for (const resolve of this.#shells.values()) resolve({ exitCode: -1, output: "" });
  }

  async #hear(message: FromGuest): Promise<void> {
    if (message.kind === "power") this.#end(message.action);
    if (message.kind === "booted") this.#isBooted = true;
    if (message.kind === "ran") this.#shells.get(message.id)?.(message.result);
    if (message.kind !== "ask") return;
    const answer = await this.#options.answer(message).catch((error: Error) => {
      return { status: 500, output: "", errors: `${error.message}\n` };
    });
    this.tell({ kind: "answer", id: message.id, answer });
  }

  #end(how: "halt" | "reboot" | "panic"): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#options.ended(how);
  }
}

/** Variables of boot.sh. */
function bootEnvironment({ namespaces, disks, system, relay, nodeCache }: MachineOptions): Record<string, string> {
  return {
    MAC_IS_ROOT: namespaces.isRoot ? "1" : "",
    MAC_ROOT: disks.root,
    MAC_INTERNAL: disks.internal,
    MAC_SYSTEM: system,
    MAC_RELAY: relay,
    MAC_NODE_CACHE: nodeCache,
    MAC_NODE: realpathSync(process.execPath),
    MAC_CHECKOUT: checkout,
    MAC_NODE_MODULES: realpathSync(join(checkout, "node_modules")),
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** A process and all that came from it, parents first, as far as they are still connected. */
function descendants(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  return [pid, ...childrenOf(pid).flatMap(descendants)];
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
