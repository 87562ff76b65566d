import { removeCredentials } from "../oci/credentials.ts";
import type { CommandSpec } from "../parser.ts";

/** Forgets a registry's credentials; succeeds when there are none. */
export const command: CommandSpec = {
  name: "logout",
  arguments: [{ name: "host" }],
  options: {},
  async run(given, { home }) {
    removeCredentials(home, given.positional[0] ?? "");
    return 0;
  },
};
