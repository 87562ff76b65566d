import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";

/** How a script ended. */
export interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Folders that the scripts use on a real Mac; here they are below the fake's own root. */
const macFolders = [
  "/usr/local/libexec/",
  "/var/log/",
  "/var/at/",
  "/Users/runner",
  "/Library/",
  "/opt/aws/",
  "/etc/ssh/",
  "/opt/homebrew/bin/brew",
  "/sbin/shutdown",
];

/** A folder that plays a Mac: its files, and programs that note how they were called. */
export class FakeMac {
  readonly root = mkdtempSync(path.join(tmpdir(), "fake-mac-"));

  constructor(t: TestContext) {
    mkdirSync(path.join(this.root, "bin"));
    mkdirSync(path.join(this.root, "home"));
    this.program("shutdown", "");
    // What still runs on it sees that it is gone, and may just write its last note.
    t.after(() => rmSync(this.root, { recursive: true, force: true, maxRetries: 10 }));
  }

  /** Puts a program on PATH; `body` is its shell script, where `$root` is this Mac. */
  program(name: string, body: string): void {
    const file = path.join(this.root, "bin", name);
    writeFileSync(file, `#!/bin/sh\nroot='${this.root}'\necho "${name} $*" >>"$root/calls"\n${body}\n`);
    chmodSync(file, 0o755);
  }

  write(name: string, content: string): void {
    const file = path.join(this.root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  read(name: string): string {
    return readFileSync(path.join(this.root, name), "utf8");
  }

  has(name: string): boolean {
    return existsSync(path.join(this.root, name));
  }

  /** How the programs were called since the last time, in order. */
  takeCalls(): string[] {
    const calls = this.has("calls") ? this.read("calls").trimEnd().split("\n") : [];
    rmSync(path.join(this.root, "calls"), { force: true });
    return calls;
  }

  /** The script with the Mac's folders and PATH moved to here. */
  moved(script: string): string {
    let result = script
      .replaceAll(/^PATH=\/usr\/bin.*$/gm, `PATH=${this.root}/bin:/usr/bin:/bin`)
      .replaceAll(/^PATH=\$PATH.*$/gm, "");
    for (const folder of macFolders) result = result.replaceAll(folder, `${this.root}${folder}`);
    return result.replaceAll(`${this.root}/sbin/shutdown`, `${this.root}/bin/shutdown`);
  }

  /** Runs a script that comes through stdin, as over ssh. What it leaves behind is ended with it, as by launchd. */
  async run(script: string, shell = "/bin/bash"): Promise<Ran> {
    const env = { HOME: path.join(this.root, "home"), PATH: `${this.root}/bin:/usr/bin:/bin` };
    const child = spawn(shell, ["-s"], { env, detached: true, stdio: "pipe" });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    child.stdin.end(this.moved(script));
    const [exitCode] = await once(child, "exit");
    endGroup(child.pid);
    const [stdout, stderr] = await output;
    return { exitCode, stdout, stderr };
  }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing was left.
  }
}
