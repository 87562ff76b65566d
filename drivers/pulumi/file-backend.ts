import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

/**
 * Mends what a killed engine can leave in a back end of files. Beside each file the engine keeps a small one of its
 * attributes (`.attrs`), which it does not write in one step as it does the state itself. Cut off in the middle, the
 * small file makes the engine refuse a state that is whole ("failed to load checkpoint: EOF"); without it, all is well.
 *
 * @param backendUrl as `pulumi whoami` tells it; anything but `file://` is left alone
 * @returns the attribute files that were removed
 */
export function mendFileBackend(backendUrl: string, project: string, stack: string, dryRun: boolean): string[] {
  const root = rootOf(backendUrl);
  if (!root) return [];
  const folders = [
    path.join(root, ".pulumi/stacks", project),
    path.join(root, ".pulumi/locks/organization", project, stack),
  ];
  const broken = folders.flatMap((folder) => attributeFiles(folder, stack)).filter((file) => !isJson(file));
  if (!dryRun) for (const file of broken) rmSync(file);
  return broken;
}

function rootOf(backendUrl: string): string | undefined {
  if (!backendUrl.startsWith("file://")) return undefined;
  const folder = decodeURIComponent(backendUrl.slice("file://".length).split("?")[0] ?? "");
  return folder.startsWith("~") ? path.join(homedir(), folder.slice(1)) : path.resolve(folder);
}

function attributeFiles(folder: string, stack: string): string[] {
  if (!existsSync(folder)) return [];
  const isStacks = path.basename(path.dirname(folder)) === "stacks";
  return readdirSync(folder)
    .filter((file) => file.endsWith(".attrs") && (!isStacks || file.startsWith(`${stack}.json`)))
    .map((file) => path.join(folder, file));
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}
