import { truncateSync } from "node:fs";
import { runtimeError, swiftError, validationError } from "../failures.ts";
import { type Arguments, type CommandSpec, integer, option } from "../parser.ts";
import { openLocal } from "../storage.ts";
import { byteCount } from "../text.ts";
import { randomEcid, randomMac, type VmConfig, type VmFolder } from "../vm.ts";

/** Changes a VM, silently. A running one gets the change at its next start. */
export const command: CommandSpec = {
  name: "set",
  arguments: [{ name: "name" }],
  options: {
    cpu: { value: "integer" },
    memory: { value: "integer" },
    display: { value: "text" },
    "display-refit": {},
    "no-display-refit": {},
    "random-mac": {},
    "random-serial": {},
    disk: { value: "text" },
    "disk-size": { value: "integer" },
  },
  async run(given, { home }) {
    const folder = openLocal(home, given.positional[0] ?? "");
    folder.writeConfig(changed(folder.readConfig(), given));
    growDisk(folder, integer(given, "disk-size"));
    return 0;
  },
};

function changed(config: VmConfig, given: Arguments): VmConfig {
  const cpuCount = integer(given, "cpu") ?? config.cpuCount;
  const memory = integer(given, "memory");
  const memorySize = memory === undefined ? config.memorySize : memory * 1024 ** 2;
  if (cpuCount < config.cpuCountMin) throw tooLittle(`${config.cpuCountMin} CPU cores`, cpuCount);
  if (memorySize < config.memorySizeMin) throw tooLittle(`${config.memorySizeMin} bytes of memory`, memorySize);
  const isDarwin = (config.os ?? "darwin") === "darwin";
  const { displayRefit: _, ...kept } = config;
  return {
    ...kept,
    cpuCount,
    memorySize,
    display: display(option(given, "display")) ?? config.display ?? { width: 1024, height: 768 },
    // Not asking for it clears it: a quirk of the real one.
    ...(given.flags.has("display-refit") ? { displayRefit: true } : {}),
    ...(given.flags.has("no-display-refit") ? { displayRefit: false } : {}),
    ...(given.flags.has("random-mac") ? { macAddress: randomMac() } : {}),
    ...(given.flags.has("random-serial") && isDarwin ? { ecid: randomEcid() } : {}),
  };
}

function display(text: string | undefined): VmConfig["display"] {
  if (text === undefined) return undefined;
  const [, width, height, unit] = /^(\d+)x(\d+)(pt|px)?$/.exec(text) ?? [];
  if (!width || !height) throw validationError(`The value '${text}' is invalid for '--display <display>'`);
  const size = { width: Number(width), height: Number(height) };
  return unit === "pt" || unit === "px" ? { ...size, unit } : size;
}

function growDisk(folder: VmFolder, gigabytes: number | undefined): void {
  if (gigabytes === undefined) return;
  const wanted = gigabytes * 1000 ** 3;
  const current = folder.virtualBytes;
  if (wanted < current) {
    const sizes = `${byteCount(wanted)} should be larger than the current disk size of ${byteCount(current)}`;
    throw runtimeError(`new disk size of ${sizes}`);
  }
  truncateSync(folder.disk, wanted);
}

function tooLittle(minimum: string, requested: number): Error {
  return swiftError(`LessThanMinimalResourcesError: VM should have ${minimum} at minimum (requested ${requested})`);
}
