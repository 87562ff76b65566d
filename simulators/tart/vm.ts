import { randomBytes } from "node:crypto";
import {
  closeSync,
  cpSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { isRunning, missingVm, runtimeError, swiftError } from "./failures.ts";
import { runOwner } from "./locks.ts";

/** `config.json` as the real program writes it. Sizes are in bytes. */
export interface VmConfig {
  version: 1;
  os?: "darwin" | "linux";
  arch?: "arm64" | "amd64";
  ecid?: string;
  hardwareModel?: string;
  cpuCountMin: number;
  cpuCount: number;
  memorySizeMin: number;
  memorySize: number;
  macAddress: string;
  display?: { width: number; height: number; unit?: "pt" | "px" };
  displayRefit?: boolean;
  diskFormat?: string;
}

/** As in `list` and `get`. */
export type VmState = "running" | "suspended" | "stopped";

/** Disks are sparse and only their first bytes hold anything, so that they cost nothing. */
const diskContentLimitBytes = 1024 * 1024;

/** The folder of one VM or cached image. */
export class VmFolder {
  readonly path: string;
  readonly config: string;
  readonly disk: string;
  readonly nvram: string;
  readonly savedState: string;
  /** Who runs the VM; stands for the fcntl write lock on config.json. */
  readonly runLock: string;
  /** What stands for the disk's file system: the home folder of the guest's user. */
  readonly guest: string;
  /** There while the guest is up. */
  readonly booted: string;
  /** Process groups that `exec` started in the guest. */
  readonly guestProcesses: string;
  /** A guest program creates it to power the VM off. */
  readonly powerOff: string;

  constructor(path: string) {
    this.path = path;
    this.config = join(path, "config.json");
    this.disk = join(path, "disk.img");
    this.nvram = join(path, "nvram.bin");
    this.savedState = join(path, "state.vzvmsave");
    this.runLock = join(path, ".simulated-lock");
    this.guest = join(path, "guest");
    this.booted = join(path, ".simulated-boot");
    this.guestProcesses = join(path, ".simulated-processes");
    this.powerOff = join(path, ".simulated-power-off");
  }

  get name(): string {
    return basename(this.path);
  }

  get isComplete(): boolean {
    return [this.config, this.disk, this.nvram].every((file) => existsSync(file));
  }

  /** @throws TartFailure when it is not there or lacks files */
  validate(shownName: string): void {
    if (!existsSync(this.path)) throw missingVm(shownName);
    if (!this.isComplete) throw runtimeError("VM is missing some of its files (config.json, disk.img or nvram.bin)");
  }

  readConfig(): VmConfig {
    try {
      return JSON.parse(readFileSync(this.config, "utf8"));
    } catch {
      throw swiftError("The data couldn’t be read because it isn’t in the correct format.");
    }
  }

  writeConfig(config: VmConfig): void {
    writeFileSync(this.config, JSON.stringify(config));
  }

  /** Any failure to look at config.json counts as not running, as in the real program. */
  runner(): number | undefined {
    return existsSync(this.config) ? runOwner(this.runLock) : undefined;
  }

  get state(): VmState {
    if (this.runner() !== undefined) return "running";
    return existsSync(this.savedState) ? "suspended" : "stopped";
  }

  get virtualBytes(): number {
    return statSync(this.disk).size;
  }

  get allocatedBytes(): number {
    return [this.config, this.disk, this.nvram].reduce((sum, file) => sum + statSync(file).blocks * 512, 0);
  }

  get accessed(): Date {
    return statSync(this.path).atime;
  }

  /** Marks it as used now (or at `time`), which decides the order of pruning. */
  touch(time = new Date()): void {
    utimesSync(this.path, time, time);
  }

  /** @throws TartFailure while it runs */
  remove(shownName: string): void {
    if (!existsSync(this.path)) throw missingVm(shownName);
    if (!existsSync(this.config)) throw runtimeError(`failed to open lock file ${this.config}`);
    if (this.runner() !== undefined) throw isRunning(this.name);
    rmSync(this.path, { recursive: true });
  }
}

/** Copies what `clone` copies into a new folder: config, disk, NVRAM and a saved state. */
export function copyVm(from: VmFolder, toPath: string): VmFolder {
  const to = new VmFolder(toPath);
  mkdirSync(toPath, { recursive: true });
  for (const file of ["config", "nvram", "savedState"] as const) {
    if (existsSync(from[file])) cpSync(from[file], to[file]);
  }
  writeDisk(to.disk, readDiskContent(from.disk), from.virtualBytes);
  if (existsSync(from.guest)) cpSync(from.guest, to.guest, { recursive: true, verbatimSymlinks: true });
  return to;
}

/** Moves a finished folder to its place; what was there is gone without a word. */
export function moveVm(from: VmFolder, toPath: string): VmFolder {
  rmSync(toPath, { recursive: true, force: true });
  mkdirSync(join(toPath, ".."), { recursive: true });
  renameSync(from.path, toPath);
  return new VmFolder(toPath);
}

/** Writes a sparse disk: some content at its start, zeros up to its size. */
export function writeDisk(path: string, content: Uint8Array, virtualBytes: number): void {
  const file = openSync(path, "w");
  try {
    writeSync(file, content);
    ftruncateSync(file, Math.max(virtualBytes, content.length));
  } finally {
    closeSync(file);
  }
}

/** The bytes at the start of a disk, up to the last that is not zero. */
export function readDiskContent(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(diskContentLimitBytes);
    let length = readSync(file, buffer, 0, diskContentLimitBytes, 0);
    while (length > 0 && buffer[length - 1] === 0) length -= 1;
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** A new address as the Virtualization framework draws it: random and locally administered. */
export function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfe) | 0x02;
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(":");
}

/** A new machine identity; base64 like the real one. */
export function randomEcid(): string {
  return randomBytes(24).toString("base64");
}
