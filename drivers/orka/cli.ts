import type { Exec } from "../exec/types.ts";
import { serviceAccountCommands } from "./account-commands.ts";
import { imageCacheCommands, imageCommands, nodeCommands } from "./inventory-commands.ts";
import { orkaRunner } from "./runner.ts";
import type { OrkaSession } from "./session.ts";
import type { Orka } from "./types.ts";
import { vmCommands, vmConfigCommands } from "./vm-commands.ts";

/** Drives a cluster by the program orka3 on PATH, in a session that `openSession` made. */
export function orkaCli(exec: Exec, session: OrkaSession): Orka {
  const orka3 = orkaRunner(exec, session);
  return {
    vms: vmCommands(orka3),
    vmConfigs: vmConfigCommands(orka3),
    images: imageCommands(orka3),
    imageCache: imageCacheCommands(orka3),
    nodes: nodeCommands(orka3),
    serviceAccounts: serviceAccountCommands(orka3),
    version: async (options) => (await orka3.run(["version"], options)).trim(),
    apiUrl: async (options) => (await orka3.run(["config", "view"], options)).match(/https?:\/\/[^\s"']+/)?.[0],
  };
}
