import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { localExec } from "../../drivers/exec/local.ts";
import { pulumiCli } from "../../drivers/pulumi/cli.ts";
import type { Sandbox } from "./sandbox.ts";

/** True when a run of the sandbox's stack was killed: it left its lock, or an operation that it had not finished. */
export async function hasLeftovers({ folder, stack, environment }: Sandbox): Promise<boolean> {
  const locks = path.join(folder, "state/.pulumi/locks");
  const isLocked =
    existsSync(locks) && readdirSync(locks, { recursive: true }).some((file) => String(file).endsWith(".json"));
  if (isLocked) return true;
  const { pending } = await pulumiCli(localExec({ cwd: folder, env: environment }), stack).exportState();
  return pending.length > 0;
}
