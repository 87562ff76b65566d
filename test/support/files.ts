import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import * as path from "node:path";
import { repositoryRoot } from "./tools.ts";

/** Every file of the repository, new ones included and ignored ones not, by its path from the root. */
export function repositoryFiles(): string[] {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repositoryRoot,
    encoding: "utf8",
  });
  return list.split("\0").filter((file) => file && isFile(path.join(repositoryRoot, file)));
}

/** The text of a file of the repository. */
export function readRepositoryFile(file: string): string {
  return readFileSync(path.join(repositoryRoot, file), "utf8");
}

/** False for what git lists but is gone, and for links to folders. */
function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
