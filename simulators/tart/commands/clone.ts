import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { validationError } from "../failures.ts";
import { withLock } from "../locks.ts";
import { type CommandSpec, integer } from "../parser.ts";
import { emptyCache, reclaim } from "../prune.ts";
import { globalLock, imageFolder, isRemote, listLocal, localFolder, openAny, remoteName } from "../storage.ts";
import { copyVm, moveVm, randomMac, type VmFolder } from "../vm.ts";
import { type Home, milliseconds } from "../world.ts";

/** Copies a VM or a cached image. A target of the same name is replaced without a word, even when it runs. */
export const command: CommandSpec = {
  name: "clone",
  arguments: [{ name: "source-name" }, { name: "new-name" }],
  options: {
    insecure: {},
    concurrency: { value: "integer" },
    deduplicate: { hidden: true },
    "prune-limit": { value: "integer" },
  },
  validate(given) {
    if (isRemote(given.positional[1] ?? "")) throw validationError("<new-name> should be a local name");
    if (integer(given, "concurrency") === 0) throw validationError("network concurrency cannot be less than 1");
  },
  async run(given, call) {
    const { world, home } = call;
    const [source = "", target = ""] = given.positional;
    if (call.faults.has("prune-cache")) emptyCache(home);
    if (isRemote(source) && !imageFolder(home, remoteName(source)).isComplete) {
      const { pullImage } = await import("../oci/pull.ts");
      await pullImage(remoteName(source), given.flags.has("insecure"), call);
    }
    const from = openAny(home, source);
    const to = await withLock(globalLock(home), milliseconds(world.env, "LOCK_POLL"), () => {
      const copy = copyVm(from, join(home.tmp, randomUUID()));
      if (isMacTaken(home, from)) copy.writeConfig({ ...copy.readConfig(), macAddress: randomMac() });
      return moveVm(copy, localFolder(home, target).path);
    });
    const limitBytes = (integer(given, "prune-limit") ?? 100) * 1024 ** 3;
    reclaim(home, world, Math.min(to.virtualBytes - to.allocatedBytes, limitBytes), from);
    return 0;
  },
};

/** The address is drawn anew only when a local VM has it and the source is not suspended. */
function isMacTaken(home: Home, source: VmFolder): boolean {
  if (source.state === "suspended") return false;
  const { macAddress } = source.readConfig();
  return listLocal(home).some((vm) => vm.readConfig().macAddress === macAddress);
}
