import type { CommandSpec } from "../parser.ts";
import { deleteImage, isRemote, localFolder } from "../storage.ts";

/** Deletes VMs and cached images, up to the first that fails. */
export const command: CommandSpec = {
  name: "delete",
  arguments: [{ name: "name", rest: "repeating" }],
  options: {},
  async run(given, { home }) {
    for (const name of given.positional) {
      if (isRemote(name)) deleteImage(home, name);
      else localFolder(home, name).remove(name);
    }
    return 0;
  },
};
