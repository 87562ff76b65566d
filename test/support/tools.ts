import { existsSync } from "node:fs";
import * as path from "node:path";

/** The folder of the checkout. */
export const repositoryRoot = path.resolve(import.meta.dirname, "../..");

const places = {
  actionlint: { variable: "MRF_ACTIONLINT", file: ".toolchain/bin/actionlint" },
  shellcheck: { variable: "MRF_SHELLCHECK", file: ".toolchain/python/bin/shellcheck" },
} as const;

/**
 * Where a pinned tool is: what its environment variable says, else where `make tools` puts it.
 * @throws Error that tells how to install it.
 */
export function toolPath(tool: keyof typeof places): string {
  const { variable, file } = places[tool];
  const found = process.env[variable] ?? path.join(repositoryRoot, file);
  if (!existsSync(found)) throw new Error(`${tool} is not at ${found}. Run \`make tools\`, or set ${variable}.`);
  return found;
}
