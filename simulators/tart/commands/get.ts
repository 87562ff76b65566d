import { swiftError, validationError } from "../failures.ts";
import { type CommandSpec, option } from "../parser.ts";
import { openLocal } from "../storage.ts";
import { swiftJson, table } from "../text.ts";

/** Shows one local VM. */
export const command: CommandSpec = {
  name: "get",
  arguments: [{ name: "name" }],
  options: { format: { value: "text" } },
  validate(given) {
    const format = option(given, "format") ?? "text";
    if (!["text", "json"].includes(format)) {
      throw validationError(`The value '${format}' is invalid for '--format <format>'`);
    }
  },
  async run(given, { world, home, faults }) {
    const folder = openLocal(home, given.positional[0] ?? "");
    if (faults.has("config-unreadable")) {
      throw swiftError("The file “config.json” couldn’t be opened because you don’t have permission to view it.");
    }
    const config = folder.readConfig();
    const { width, height, unit = "" } = config.display ?? { width: 1024, height: 768 };
    const state = folder.state;
    const facts = {
      Disk: Math.floor(folder.virtualBytes / 1000 ** 3),
      Memory: Math.floor(config.memorySize / 1024 ** 2),
      CPU: config.cpuCount,
      OS: config.os ?? "darwin",
      Running: state === "running",
      State: state,
      Size: (folder.allocatedBytes / 1000 ** 3).toFixed(3),
      Display: `${width}x${height}${unit}`,
      DiskFormat: config.diskFormat ?? "raw",
    };
    if (option(given, "format") === "json") world.out(`${swiftJson(facts)}\n`);
    else {
      const { Running: _, ...shown } = facts;
      world.out(table(Object.keys(shown), [Object.values(shown).map(String)]));
    }
    return 0;
  },
};
