import { formatRemoteName, type RemoteName } from "../../../drivers/tart/names.ts";
import { isRunning } from "../failures.ts";
import { Registry } from "../oci/http.ts";
import { pushImage, retag } from "../oci/push.ts";
import { type Call, type CommandSpec, integer } from "../parser.ts";
import { imageFolder, isRemote, keepUntagged, linkImage, openAny, remoteName, withDigest } from "../storage.ts";
import { copyVm } from "../vm.ts";

/** Publishes a VM, or gives an image of the same repository further tags. */
export const command: CommandSpec = {
  name: "push",
  arguments: [{ name: "local-name" }, { name: "remote-names", rest: "repeating" }],
  options: {
    insecure: {},
    concurrency: { value: "integer" },
    "chunk-size": { value: "integer" },
    label: { value: "text", repeating: true },
    "populate-cache": {},
  },
  async run(given, call) {
    const [local = "", ...targets] = given.positional;
    const names = targets.map(remoteName);
    const folder = isRemote(local) ? undefined : openAny(call.home, local);
    if (folder && folder.state === "running") throw isRunning(folder.name);
    for (const group of byRepository(names)) {
      const [first] = group as [RemoteName];
      const tags = group.map((name) => name.tag ?? "latest");
      const registry = new Registry(first.registry, given.flags.has("insecure"), call);
      call.world.out(`pushing ${local} to ${first.registry}/${first.namespace}${shownTags(tags)}...\n`);
      const labels = given.options.get("label") ?? [];
      const chunkMegabytes = integer(given, "chunk-size") ?? 0;
      const digest = folder
        ? await pushImage(folder, { registry, namespace: first.namespace, tags, labels, chunkMegabytes, call })
        : await retag(registry, first.namespace, remoteName(local), tags, call);
      if (folder && given.flags.has("populate-cache"))
        for (const name of group) populate(folder.name, name, digest, call);
    }
    return 0;
  },
};

function populate(local: string, name: RemoteName, digest: string, { home }: Call): void {
  const target = imageFolder(home, withDigest(name, digest));
  if (!target.isComplete) keepUntagged(copyVm(openAny(home, local), target.path));
  linkImage(home, name, digest);
}

function byRepository(names: readonly RemoteName[]): RemoteName[][] {
  const repository = (name: RemoteName) => formatRemoteName({ ...name, tag: "any" });
  return [...Map.groupBy(names, repository).values()];
}

function shownTags(tags: readonly string[]): string {
  return tags.length === 1 ? `:${tags[0]}` : `{${tags.map((tag) => `:${tag}`).join(",")}}`;
}
