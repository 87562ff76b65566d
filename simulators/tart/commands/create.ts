import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lateValidationError, runtimeError, validationError } from "../failures.ts";
import { withLock } from "../locks.ts";
import { type CommandSpec, integer, option } from "../parser.ts";
import { globalLock, localFolder } from "../storage.ts";
import { moveVm, randomEcid, randomMac, type VmConfig, VmFolder, writeDisk } from "../vm.ts";
import { milliseconds } from "../world.ts";

/** Makes a VM from nothing. The simulated installer needs no system image and writes a disk of zeros. */
export const command: CommandSpec = {
  name: "create",
  arguments: [{ name: "name" }],
  options: {
    "from-ipsw": { value: "text" },
    linux: {},
    "disk-size": { value: "integer" },
    "disk-format": { value: "text" },
  },
  validate(given) {
    if (!option(given, "from-ipsw") && !given.flags.has("linux")) {
      throw validationError("Please specify either a --from-ipsw or --linux option!");
    }
  },
  async run(given, { world, home }) {
    const format = option(given, "disk-format") ?? "raw";
    if (format !== "raw") throw lateValidationError(`Disk format '${format}' is not supported on this system.`);
    const isLinux = given.flags.has("linux");
    const source = option(given, "from-ipsw") ?? "latest";
    if (!isLinux && source !== "latest" && !source.includes("://") && !existsSync(source)) {
      throw runtimeError(`The file “${source}” couldn’t be opened because there is no such file.`);
    }
    if (!isLinux && source === "latest") world.out("Looking up the latest supported IPSW...\n");
    if (!isLinux) world.out("Installing OS...\n0%\n100%\n");
    const folder = new VmFolder(join(home.tmp, randomUUID()));
    mkdirSync(folder.path);
    folder.writeConfig(newConfig(isLinux));
    writeDisk(folder.disk, Buffer.alloc(0), (integer(given, "disk-size") ?? 50) * 1000 ** 3);
    writeFileSync(folder.nvram, "simulated NVRAM\n");
    const target = localFolder(home, given.positional[0] ?? "").path;
    await withLock(globalLock(home), milliseconds(world.env, "LOCK_POLL"), () => moveVm(folder, target));
    return 0;
  },
};

function newConfig(isLinux: boolean): VmConfig {
  const common = {
    version: 1,
    arch: "arm64",
    cpuCount: 4,
    macAddress: randomMac(),
    display: { width: 1024, height: 768 },
    diskFormat: "raw",
  } as const;
  const gibibyte = 1024 ** 3;
  if (isLinux) {
    return { ...common, os: "linux", cpuCountMin: 1, memorySizeMin: gibibyte / 2, memorySize: 4 * gibibyte };
  }
  const hardwareModel = Buffer.from("simulated Mac").toString("base64");
  const minimum = { cpuCountMin: 2, memorySizeMin: 4 * gibibyte };
  return { ...common, os: "darwin", ecid: randomEcid(), hardwareModel, ...minimum, memorySize: 4 * gibibyte };
}
