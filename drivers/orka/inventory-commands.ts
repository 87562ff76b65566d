import { readJson } from "./json.ts";
import { imageProblem, requireName, requireNone } from "./names.ts";
import type { Runner } from "./runner.ts";
import type { NodeChoice, OrkaImageCache, OrkaImages, OrkaNodes } from "./types.ts";
import { described } from "./vm-commands.ts";

/** `orka3 image`. Images are in orka-default, whatever the namespace of the session. */
export function imageCommands(orka3: Runner): OrkaImages {
  return {
    list: (options) => orka3.read(readJson.images, ["image", "list"], options),

    async copy(source, destination, description, options) {
      const names = [requireName("image", source), requireName("image", destination)];
      await orka3.run(["image", "copy", ...names, ...described(description)], options);
    },

    async describe(name, description, options) {
      // A description may start with a dash.
      await orka3.run(["image", "set-description", "--", requireName("image", name), description], options);
    },

    delete: async (name, options) => orka3.remove(["image", "delete", requireName("image", name)], options),
  };
}

/** `orka3 imagecache`. */
export function imageCacheCommands(orka3: Runner): OrkaImageCache {
  const ns = orka3.inNamespace;
  return {
    async add(image, choice, options) {
      await orka3.run(["imagecache", "add", checked(image), ...chosen(choice), ...ns], options);
    },
    info: async (image, options) =>
      orka3.read(readJson.cachedImages, ["imagecache", "info", checked(image), ...ns], options),
    list: (options) => orka3.read(readJson.cacheEntries, ["imagecache", "list", ...ns], options),
    async remove(image, choice, options) {
      await orka3.run(["imagecache", "remove", checked(image), ...chosen(choice), ...ns], options);
    },
  };
}

/** `orka3 node`. */
export function nodeCommands(orka3: Runner): OrkaNodes {
  const ns = orka3.inNamespace;
  const tagging = (verb: string): OrkaNodes["tag"] => {
    return async (node, tag, options) => {
      await orka3.run(["node", verb, requireName("node", node), requireName("nodeTag", tag), ...ns], options);
    };
  };
  return {
    list: (options) => orka3.read(readJson.nodes, ["node", "list", ...ns], options),
    tag: tagging("tag"),
    untag: tagging("untag"),
  };
}

function checked(image: string): string {
  requireNone(imageProblem(image));
  return image;
}

function chosen(choice: NodeChoice): string[] {
  if ("all" in choice) return ["--all"];
  if ("tags" in choice) return ["--tags", choice.tags.map((tag) => requireName("nodeTag", tag)).join(",")];
  return ["--nodes", choice.nodes.map((node) => requireName("node", node)).join(",")];
}
