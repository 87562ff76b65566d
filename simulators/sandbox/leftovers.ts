import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { isFailure } from "../../drivers/errors.ts";
import { localExec } from "../../drivers/exec/local.ts";
import { pulumiCli } from "../../drivers/pulumi/cli.ts";
import type { Sandbox } from "./sandbox.ts";

/** True when a run of the sandbox's stack was killed: it left its lock, or an operation that it had not finished. */
export async function hasLeftovers({ folder, stack, environment }: Sandbox): Promise<boolean> {
  const locks = path.join(folder, "state/.pulumi/locks");
  const isLocked =
    existsSync(locks) && readdirSync(locks, { recursive: true }).some((file) => String(file).endsWith(".json"));
  if (isLocked) return true;
  const pulumi = pulumiCli(localExec({ cwd: folder, env: environment }), stack);
  const state = await pulumi.exportState().catch((error) => {
    // A state that cannot be read is what recovery is for.
    if (isFailure(error, "failed")) return undefined;
    throw error;
  });
  return state === undefined || state.pending.length > 0;
}
