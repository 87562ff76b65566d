import type { Call, CliCommand } from "./command.ts";
import { crdPath, DEFAULT_NAMESPACE, flagsOf, listFlag, numberFlag } from "./command.ts";
import type { FlagSet } from "./flags.ts";
import type { Kube, KubeObject } from "./kube.ts";
import type { Row } from "./print.ts";
import { pick, printList } from "./print.ts";

const DESCRIPTION: FlagSet = { description: { short: "d", type: "string" } };
const NODE_CHOICE: FlagSet = { nodes: { type: "string" }, tags: { type: "string" }, all: { type: "bool" } };
const CONFIG_FLAGS: FlagSet = {
  image: { short: "i", type: "string" },
  cpu: { short: "c", type: "int" },
  memory: { short: "m", type: "float" },
  tag: { type: "string" },
  "tag-required": { type: "bool" },
  scheduler: { type: "string" },
  "disable-vnc": { type: "bool" },
  "display-width": { type: "int" },
  "display-height": { type: "int" },
  "display-dpi": { type: "int" },
};

/** `image`, `imagecache`, `node` and `vm-config`. */
export const inventoryCommands: CliCommand[] = [
  { usage: "image list [NAME...]", args: [0, Infinity], flags: flagsOf({}, "output"), run: listImages },
  {
    usage: "image copy SOURCE DESTINATION",
    args: [2, 2],
    flags: flagsOf(DESCRIPTION),
    run: async (call) => {
      const [source = "", destination = ""] = call.args;
      const body = { destination, description: call.flags.description ?? "" };
      await defaultCall(call, "POST", ["images", source, "copy"], body);
      call.say(`Successfully scheduled copying image ${source} to ${destination}`);
    },
  },
  {
    usage: "image set-description NAME DESCRIPTION",
    args: [2, 2],
    flags: flagsOf({}),
    run: async (call) => {
      const [name = "", description = ""] = call.args;
      await defaultCall(call, "PUT", ["images", name, "description"], { description });
      call.say(`Successfully set description of image ${name}`);
    },
  },
  {
    usage: "image delete NAME...",
    args: [1, Infinity],
    flags: flagsOf({}),
    run: (call) => deleteEach(call, "images", "image"),
  },
  {
    usage: "imagecache add IMAGE",
    args: [1, 1],
    flags: flagsOf(NODE_CHOICE, "namespace"),
    run: (call) => changeCache(call, "add", "caching"),
  },
  {
    usage: "imagecache remove IMAGE",
    args: [1, 1],
    flags: flagsOf(NODE_CHOICE, "namespace"),
    run: (call) => changeCache(call, "remove", "removing from cache"),
  },
  { usage: "imagecache info IMAGE", args: [1, 1], flags: flagsOf({}, "namespace", "output"), run: cacheInfo },
  {
    usage: "imagecache list [IMAGE...]",
    args: [0, Infinity],
    flags: flagsOf({}, "namespace", "output"),
    run: cacheList,
  },
  { usage: "node list [NAME...]", args: [0, Infinity], flags: flagsOf({}, "namespace", "output"), run: listNodes },
  {
    usage: "node tag NODE TAG",
    args: [2, 2],
    flags: flagsOf({}, "namespace"),
    run: (call) => changeNode(call, "tag", { tag: call.args[1] }),
  },
  {
    usage: "node untag NODE TAG",
    args: [2, 2],
    flags: flagsOf({}, "namespace"),
    run: (call) => changeNode(call, "untag", { tag: call.args[1] }),
  },
  {
    usage: "node namespace NODE TARGET",
    args: [2, 2],
    flags: flagsOf({}, "namespace"),
    run: (call) => changeNode(call, "namespace", { target: call.args[1] }),
  },
  {
    usage: "vm-config create NAME",
    args: [1, 1],
    flags: flagsOf(CONFIG_FLAGS),
    required: ["image"],
    run: createConfig,
  },
  { usage: "vm-config list [NAME...]", args: [0, Infinity], flags: flagsOf({}, "output"), run: listConfigs },
  {
    usage: "vm-config delete NAME...",
    args: [1, Infinity],
    flags: flagsOf({}),
    run: (call) => deleteEach(call, "virtualmachineconfigs", "vm config"),
  },
];

async function defaultCall(call: Call, method: string, parts: string[], body?: object): Promise<unknown> {
  const { kube } = await call.connect();
  return kube.call(method, crdPath(DEFAULT_NAMESPACE, ...parts), body);
}

async function deleteEach(call: Call, plural: string, noun: string): Promise<void> {
  for (const name of call.args) {
    await defaultCall(call, "DELETE", [plural, name]);
    call.say(`Successfully deleted ${noun} ${name}`);
  }
}

async function fetchAll(kube: Kube, namespace: string, plural: string): Promise<KubeObject[]> {
  return ((await kube.call("GET", crdPath(namespace, plural))) as { items: KubeObject[] }).items;
}

async function listImages(call: Call): Promise<void> {
  const { kube } = await call.connect();
  const images = pick(await fetchAll(kube, DEFAULT_NAMESPACE, "images"), call.args, "images.orka.macstadium.com");
  const rows = images.map((image) => ({
    name: image.metadata.name,
    description: image.metadata.annotations?.["orka.macstadium.com/description"] ?? "",
    size: image.spec.size,
    storageSize: image.spec.spaceUsed,
    type: "arm64",
    state: image.status.state,
    errorMessage: image.status.errorMessage,
  }));
  printList(call, kube, {
    rows,
    columns: [
      ["NAME", "name"],
      ["DESCRIPTION", "description"],
      ["TYPE", "type"],
      ["STATE", "state"],
    ],
    wide: [
      ["SIZE", "size"],
      ["STORAGE SIZE", "storageSize"],
      ["ERROR", "errorMessage"],
    ],
  });
}

async function listNodes(call: Call): Promise<void> {
  const { kube, namespace } = await call.connect();
  const nodes = pick(await fetchAll(kube, namespace, "orkanodes"), call.args, "orkanodes.orka.macstadium.com");
  const rows = nodes.map(({ metadata, spec, status: { images: _, ...status } }) => ({
    name: metadata.name,
    ...status,
    orkaTags: spec.tags,
    namespace: spec.namespace,
  }));
  printList(call, kube, {
    rows,
    columns: [
      ["NAME", "name"],
      ["AVAILABLE CPU", "availableCpu"],
      ["AVAILABLE MEMORY", "availableMemory"],
      ["STATUS", "phase"],
    ],
    wide: [
      ["IP", "nodeIP"],
      ["TYPE", "nodeType"],
      ["TAGS", "orkaTags"],
      ["NAMESPACE", "namespace"],
    ],
  });
}

async function changeNode(call: Call, verb: string, body: object): Promise<void> {
  const { kube, namespace } = await call.connect();
  await kube.call("POST", crdPath(namespace, "orkanodes", call.args[0] ?? "", verb), body);
  call.say(`Successfully updated node ${call.args[0]}`);
}

async function changeCache(call: Call, verb: string, doing: string): Promise<void> {
  const { kube, namespace } = await call.connect();
  const { flags } = call;
  const body = { nodes: listFlag(flags.nodes), tags: listFlag(flags.tags), all: flags.all === "true" };
  await kube.call("POST", crdPath(namespace, "imagecaches", call.args[0] ?? "", verb), body);
  call.say(`Successfully scheduled ${doing} of image ${call.args[0]}`);
}

interface Cached {
  names: string[];
  status: string;
}

async function cacheInfo(call: Call): Promise<void> {
  const { kube, namespace } = await call.connect();
  const rows: Row[] = (await fetchAll(kube, namespace, "orkanodes")).flatMap((node) =>
    (node.status.images as Cached[])
      .filter((cached) => cached.names.includes(call.args[0] ?? ""))
      .map((cached) => ({ node: node.metadata.name, status: cached.status })),
  );
  printList(call, kube, {
    rows,
    columns: [
      ["NODE", "node"],
      ["STATUS", "status"],
    ],
  });
}

async function cacheList(call: Call): Promise<void> {
  const { kube, namespace } = await call.connect();
  const nodes = await fetchAll(kube, namespace, "orkanodes");
  const images = new Set(nodes.flatMap((node) => (node.status.images as Cached[]).flatMap((cached) => cached.names)));
  const rows = [...images]
    .filter((image) => call.args.length === 0 || call.args.includes(image))
    .map((image) => ({
      image,
      nodes: nodes
        .filter((n) => (n.status.images as Cached[]).some((c) => c.names.includes(image)))
        .map((n) => n.metadata.name),
    }));
  printList(call, kube, {
    rows,
    columns: [
      ["IMAGE", "image"],
      ["NODES", "nodes"],
    ],
  });
}

async function createConfig(call: Call): Promise<void> {
  const { flags } = call;
  await defaultCall(call, "POST", ["virtualmachineconfigs"], {
    name: call.args[0],
    image: flags.image,
    cpu: numberFlag(flags.cpu) ?? 3,
    memoryGb: numberFlag(flags.memory) ?? 4.8,
    tag: flags.tag,
    tagRequired: flags["tag-required"] === "true" || undefined,
    scheduler: flags.scheduler,
    disableVnc: flags["disable-vnc"] === "true" || undefined,
  });
  call.say(`Successfully created vm config ${call.args[0]}`);
}

async function listConfigs(call: Call): Promise<void> {
  const { kube } = await call.connect();
  const all = await fetchAll(kube, DEFAULT_NAMESPACE, "virtualmachineconfigs");
  const configs = pick(all, call.args, "virtualmachineconfigs.orka.macstadium.com");
  const rows = configs.map(({ metadata, spec }) => ({
    name: metadata.name,
    image: spec.image,
    cpu: spec.cpu,
    memory: `${Number(spec.memory).toFixed(2)}Gi`,
    tag: spec.tag,
    tagRequired: spec.tagRequired,
    type: "arm64",
  }));
  printList(call, kube, {
    rows,
    columns: [
      ["NAME", "name"],
      ["IMAGE", "image"],
      ["CPU", "cpu"],
      ["MEMORY", "memory"],
      ["TAG", "tag"],
    ],
  });
}
