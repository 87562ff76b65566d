import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { unzip } from "./zip.ts";

/** What Lambda's Node runtime has besides Node: the AWS SDK, and what the SDK itself needs. */
const RUNTIME_PACKAGES = ["@aws-sdk", "@smithy", "@aws", "tslib"];
/** Of the folders for unpacked code; the number of the process that owns one comes next. */
const PREFIX = "simulated-lambda-";
const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Keeps the code of functions: archives beside the simulator's state, unpacked ones in a folder outside the checkout. */
export class CodeStore {
  readonly #stateFile: string | undefined;
  #folder: string | undefined;

  /** @param stateFile of the simulator; without one the archives go with the store */
  constructor(stateFile: string | undefined) {
    this.#stateFile = stateFile;
  }

  /** Keeps an archive. @throws Error when it is none */
  save(sha256: string, archive: Buffer): void {
    this.#unpack(sha256, archive);
    const file = this.#archiveFile(sha256);
    writeFileSync(`${file}.tmp`, archive);
    renameSync(`${file}.tmp`, file);
  }

  /** The folder with the code, unpacked. */
  folder(sha256: string): string {
    const folder = this.#folderOf(sha256);
    if (!existsSync(folder)) this.#unpack(sha256, readFileSync(this.#archiveFile(sha256)));
    return folder;
  }

  /** Where the function's output goes. */
  logFile(name: string): string {
    return path.join(this.#archives(), `${name}.log`);
  }

  /** Removes what the next start can make again. */
  close(): void {
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  /** Made when the first function is: Node looks for packages in all folders above, so it is outside this checkout. */
  #unpacked(): string {
    if (this.#folder) return this.#folder;
    removeLeftovers();
    this.#folder = mkdtempSync(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
    const runtime = path.join(this.#folder, "node_modules");
    mkdirSync(runtime);
    for (const name of RUNTIME_PACKAGES) {
      if (existsSync(path.join(packages, name))) symlinkSync(path.join(packages, name), path.join(runtime, name));
    }
    return this.#folder;
  }

  #archives(): string {
    const folder = this.#stateFile ? `${this.#stateFile}.functions` : path.join(this.#unpacked(), "archives");
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  #unpack(sha256: string, archive: Buffer): void {
    const folder = this.#folderOf(sha256);
    const draft = `${folder}.tmp`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    unzip(archive, draft);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  }

  #folderOf(sha256: string): string {
    return path.join(this.#unpacked(), "code", Buffer.from(sha256, "base64").toString("hex").slice(0, 32));
  }

  #archiveFile(sha256: string): string {
    return path.join(this.#archives(), `${Buffer.from(sha256, "base64").toString("hex").slice(0, 32)}.zip`);
  }
}

/** Removes the folders of simulators that were killed. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    try {
      rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // It belongs to somebody else.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one too.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
