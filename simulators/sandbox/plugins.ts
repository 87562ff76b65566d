import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import * as path from "node:path";
import process from "node:process";
import { localExec } from "../../drivers/exec/local.ts";

const require = createRequire(import.meta.url);
const checkout = path.dirname(path.dirname(import.meta.dirname));
const bin = path.join(checkout, ".toolchain/bin");

/** A PULUMI_HOME of our own, so that the stand-ins never come between a person and the vendors' plugins. */
export const pluginHome = path.join(checkout, ".toolchain/pulumi-home");

/** The vendors' plugins that the stand-ins take the place of. */
const names = ["aws", "command", "random", "github"];

/** Installs the stand-in plugins where they are missing, under the versions that the SDK packages ask for. */
export async function installPlugins(): Promise<void> {
  mkdirSync(pluginHome, { recursive: true });
  const env = { PULUMI_HOME: pluginHome, PULUMI_SKIP_UPDATE_CHECK: "1", PATH: `${bin}:${process.env.PATH}` };
  for (const name of names) {
    const version: string = require(`@pulumi/${name}/package.json`).version;
    if (existsSync(path.join(pluginHome, "plugins", `resource-${name}-v${version}`))) continue;
    const folder = mkdtempSync(path.join(tmpdir(), "plugin-"));
    try {
      writeLauncher(folder, name);
      const argv = ["pulumi", "plugin", "install", "resource", name, version, "--file", folder] as const;
      const output = await localExec({ env }).run({ argv, timeoutSeconds: 60 });
      if (output.exitCode !== 0) throw new Error(`the stand-in for ${name} could not be installed:\n${output.stderr}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** The engine starts a plugin by its name; the program itself stays in the checkout, so mending it needs no new install. */
function writeLauncher(folder: string, name: string): void {
  const file = path.join(folder, `pulumi-resource-${name}`);
  const program = path.join(checkout, "simulators/providers", name, "main.ts");
  writeFileSync(file, `#!/bin/sh\nexec '${bin}/node' '${program}' "$@"\n`);
  chmodSync(file, 0o755);
}
