import { notRunning } from "../failures.ts";
import type { CommandSpec } from "../parser.ts";
import { openLocal } from "../storage.ts";

/** Asks the VM's `tart run` to save its state and end; does not wait for it. */
export const command: CommandSpec = {
  name: "suspend",
  arguments: [{ name: "name" }],
  options: {},
  async run(given, { home }) {
    const name = given.positional[0] ?? "";
    const pid = openLocal(home, name).runner();
    // The real one puts the whole message where the name belongs.
    if (pid === undefined) throw notRunning(notRunning(name).message);
    process.kill(pid, "SIGUSR1");
    return 0;
  },
};
