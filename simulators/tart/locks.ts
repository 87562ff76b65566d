import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/*
 * The real program locks with flock(2) and fcntl(2), which Node cannot call. These are lock files that hold the
 * owner's process number instead; a lock whose owner is dead counts as free, as the kernel would have it.
 */

/** Takes the lock if it is free. */
export function tryLock(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true });
  const own = uniqueName(path);
  writeFileSync(own, `${process.pid}\n`);
  try {
    for (let attempt = 0; attempt < 2; attempt++) {
      if (linked(own, path)) return true;
      if (lockOwner(path) !== undefined) return false;
      removeStale(path);
    }
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Gives the lock back. */
export function unlock(path: string): void {
  rmSync(path, { force: true });
}

/** Runs `work` while holding the lock; waits for it as long as it takes. */
export async function withLock<T>(
  path: string,
  pollMilliseconds: number,
  work: () => Promise<T> | T,
  onWait?: () => void,
): Promise<T> {
  if (!tryLock(path)) {
    onWait?.();
    while (!tryLock(path)) await delay(pollMilliseconds);
  }
  try {
    return await work();
  } finally {
    unlock(path);
  }
}

/** The living process that holds the lock. */
export function lockOwner(path: string): number | undefined {
  const pid = readPid(path);
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

/** The living `tart run` that is written in the file. Another program that got its number does not count. */
export function runOwner(path: string): number | undefined {
  const pid = readPid(path);
  if (pid === undefined || !isAlive(pid)) return undefined;
  return pid === process.pid || isSimulatedTart(pid) ? pid : undefined;
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isSimulatedTart(pid: number): boolean {
  try {
    const args = execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
    return args.includes("main.ts run ");
  } catch {
    return false;
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function removeStale(path: string): void {
  const aside = uniqueName(path);
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  // Between the look and the move somebody may have taken it anew: then it goes back.
  if (lockOwner(aside) !== undefined) linked(aside, path);
  rmSync(aside, { force: true });
}

let counter = 0;
function uniqueName(path: string): string {
  counter += 1;
  return `${path}.${process.pid}.${counter}`;
}
