import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { notRunning, runtimeError } from "../failures.ts";
import { endGuest } from "../guest.ts";
import { type CommandSpec, integer } from "../parser.ts";
import { openLocal } from "../storage.ts";
import type { VmFolder } from "../vm.ts";

/** Powers a VM off: SIGINT to its `tart run`, and SIGKILL when the time is over. The guest is never asked. */
export const command: CommandSpec = {
  name: "stop",
  arguments: [{ name: "name" }],
  options: { timeout: { value: "integer", short: "t" } },
  async run(given, { home }) {
    const name = given.positional[0] ?? "";
    const folder = openLocal(home, name);
    if (folder.state === "suspended") {
      rmSync(folder.savedState);
      return 0;
    }
    const pid = folder.runner();
    if (pid === undefined) throw notRunning(name);
    const timeoutSeconds = integer(given, "timeout") ?? 30;
    if (timeoutSeconds > 0) {
      signal(pid, "SIGINT");
      if (await hasEnded(folder, pid, timeoutSeconds * 1000)) return 0;
    }
    signal(pid, "SIGKILL");
    if (!(await hasEnded(folder, pid, 2_000))) throw runtimeError(`Failed to terminate the VM "${name}"`);
    endGuest(folder);
    return 0;
  },
};

function signal(pid: number, name: "SIGINT" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in the meantime, which is what was wanted.
  }
}

async function hasEnded(folder: VmFolder, pid: number, withinMilliseconds: number): Promise<boolean> {
  const deadline = Date.now() + withinMilliseconds;
  while (folder.runner() === pid) {
    if (Date.now() >= deadline) return false;
    await delay(Math.min(100, deadline - Date.now()));
  }
  return true;
}
