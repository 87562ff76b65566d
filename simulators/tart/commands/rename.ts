import { renameSync } from "node:fs";
import { lateValidationError, validationError } from "../failures.ts";
import type { CommandSpec } from "../parser.ts";
import { isRemote, localFolder } from "../storage.ts";

/** Renames a local VM; never onto another one. */
export const command: CommandSpec = {
  name: "rename",
  arguments: [{ name: "name" }, { name: "new-name" }],
  options: {},
  validate(given) {
    if (isRemote(given.positional[1] ?? "")) throw validationError("<new-name> should be a local name");
  },
  async run(given, { home }) {
    const [name = "", newName = ""] = given.positional;
    const from = localFolder(home, name);
    const to = localFolder(home, newName);
    if (!from.isComplete) throw lateValidationError(`failed to rename a non-existent local VM: ${name}`);
    if (to.isComplete) {
      throw lateValidationError(`failed to rename VM ${name}, target VM ${newName} already exists, delete it first!`);
    }
    renameSync(from.path, to.path);
    return 0;
  },
};
