import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { formatRemoteName } from "../../../drivers/tart/names.ts";
import { runtimeError } from "../failures.ts";
import type { CommandSpec } from "../parser.ts";
import { imageFolder, isRemote, remoteName, withDigest } from "../storage.ts";

/** Prints the digest form of a cached image's name, and a local name as it is. */
export const command: CommandSpec = {
  name: "fqn",
  arguments: [{ name: "name" }],
  options: {},
  async run(given, { world, home }) {
    const text = given.positional[0] ?? "";
    if (!isRemote(text)) {
      world.out(`${text}\n`);
      return 0;
    }
    const name = remoteName(text);
    const digest = linkedDigest(imageFolder(home, name).path) ?? name.digest;
    if (!digest) throw runtimeError(`OCI storage error: ${text} is not a digest and doesn't point to a digest`);
    world.out(`${formatRemoteName(withDigest(name, digest))}\n`);
    return 0;
  },
};

function linkedDigest(path: string): string | undefined {
  try {
    return basename(readlinkSync(path));
  } catch {
    return undefined;
  }
}
