import { validationError } from "../failures.ts";
import { type CommandSpec, integer } from "../parser.ts";
import { isRemote, remoteName } from "../storage.ts";

/** Fetches an image into the cache, or finds that what is cached is current. */
export const command: CommandSpec = {
  name: "pull",
  arguments: [{ name: "remote-name" }],
  options: { insecure: {}, concurrency: { value: "integer" }, deduplicate: { hidden: true } },
  validate(given) {
    if (integer(given, "concurrency") === 0) throw validationError("network concurrency cannot be less than 1");
  },
  async run(given, call) {
    const [name = ""] = given.positional;
    if (!isRemote(name)) {
      call.world.out(`"${name}" is a local image, nothing to pull here!\n`);
      return 0;
    }
    const remote = remoteName(name);
    call.world.out(`pulling ${name}...\n`);
    const { pullImage } = await import("../oci/pull.ts");
    await pullImage(remote, given.flags.has("insecure"), call);
    return 0;
  },
};
