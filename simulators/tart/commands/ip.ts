import { existsSync } from "node:fs";
import { runtimeError, validationError } from "../failures.ts";
import { leasedAddress } from "../leases.ts";
import { type CommandSpec, integer, option } from "../parser.ts";
import { openLocal } from "../storage.ts";
import { pause } from "../world.ts";

/** Prints the guest's IPv4 address. The `dhcp` resolver believes an old lease even when the VM is off. */
export const command: CommandSpec = {
  name: "ip",
  arguments: [{ name: "name" }],
  options: { wait: { value: "integer" }, resolver: { value: "text" } },
  validate(given) {
    const resolver = option(given, "resolver") ?? "dhcp";
    if (!["dhcp", "arp", "agent"].includes(resolver)) {
      throw validationError(`The value '${resolver}' is invalid for '--resolver <resolver>'`);
    }
  },
  async run(given, { world, home }) {
    const folder = openLocal(home, given.positional[0] ?? "");
    const { macAddress } = folder.readConfig();
    const resolver = option(given, "resolver") ?? "dhcp";
    const deadline = Date.now() + (integer(given, "wait") ?? 0) * 1000;
    do {
      const isVisible = resolver === "dhcp" || existsSync(folder.booted);
      const address = isVisible ? leasedAddress(home, world, macAddress) : undefined;
      if (address) {
        world.out(`${address}\n`);
        return 0;
      }
      await pause(world.env, "IP_POLL");
    } while (Date.now() < deadline);
    const off = folder.runner() === undefined ? ", is your VM running?" : "";
    const agent = resolver === "agent" ? " (also make sure that Guest agent for Tart is running inside of a VM)" : "";
    throw runtimeError(`no IP address found${off}${agent}`);
  },
};
