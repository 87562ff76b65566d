/** Where built tools are kept outside the checkout: one folder per content, shared by all checkouts of a user. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import process from "node:process";

function cacheRoot(): string {
  if (process.env.XDG_CACHE_HOME) return path.join(process.env.XDG_CACHE_HOME, "mac-runner-fleet");
  return path.join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache", "mac-runner-fleet");
}

/** The cache folder for something made from exactly these parts on this kind of computer. */
export function cacheFolder(name: string, parts: readonly string[]): string {
  const hash = createHash("sha256")
    .update([process.platform, process.arch, ...parts].join("\0"))
    .digest("hex");
  return path.join(cacheRoot(), `${name}-${hash.slice(0, 16)}`);
}

/**
 * Fills a cache folder once. It counts as filled only with the mark that is written last, so an interrupted run leaves
 * nothing that a later one could mistake for finished. (Not made elsewhere and moved: Python environments know their path.)
 */
export async function fillOnce(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
  const mark = path.join(folder, ".complete");
  if (existsSync(mark)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await make(folder);
  writeFileSync(mark, "");
}
