import { setTimeout as sleep } from "node:timers/promises";
import type { Call, CliCommand } from "./command.ts";
import { corePath, crdPath, flagsOf, numberFlag } from "./command.ts";
import type { FlagSet } from "./flags.ts";
import { UsageError } from "./flags.ts";
import type { Kube, KubeObject } from "./kube.ts";
import { CallError } from "./kube.ts";
import { pick, printList, warn } from "./print.ts";
import { readApiUrl } from "./settings.ts";
import { deployRow, pushRow, VM_COLUMNS, VM_WIDE_COLUMNS, vmRow } from "./vm-rows.ts";

const PLURAL = "virtualmachineinstances.orka.macstadium.com";
const POLL_MS = 50;

const DEPLOY_FLAGS: FlagSet = {
  image: { short: "i", type: "string" },
  config: { type: "string" },
  "generate-name": { type: "bool" },
  cpu: { short: "c", type: "int" },
  memory: { short: "m", type: "float" },
  node: { type: "string" },
  tag: { type: "string" },
  "tag-required": { type: "bool" },
  scheduler: { type: "string" },
  metadata: { type: "string" },
  ports: { short: "p", type: "string" },
  timeout: { type: "int" },
  "disable-vnc": { type: "bool" },
  "display-width": { type: "int" },
  "display-height": { type: "int" },
  "display-dpi": { type: "int" },
};

/** `vm ...`. */
export const vmCommands: CliCommand[] = [
  { usage: "vm deploy [NAME]", args: [0, 1], flags: flagsOf(DEPLOY_FLAGS, "namespace", "output"), run: deploy },
  { usage: "vm list [NAME...]", args: [0, Infinity], flags: flagsOf({}, "namespace", "output"), run: list },
  {
    usage: "vm delete NAME...",
    args: [1, Infinity],
    flags: flagsOf({}, "namespace"),
    run: async (call) => {
      const { kube, namespace } = await call.connect();
      for (const name of call.args) {
        await kube.call("DELETE", crdPath(namespace, "virtualmachineinstances", name));
        call.say(`Successfully deleted vm ${name}`);
      }
    },
  },
  {
    usage: "vm save VM IMAGE",
    args: [2, 2],
    flags: flagsOf({ description: { short: "d", type: "string" } }, "namespace"),
    run: async (call) => {
      const imageName = call.args[1] ?? "";
      await change(call, "save", { imageName, description: call.flags.description ?? "" });
      call.say(`Successfully scheduled saving vm ${call.args[0]} to image ${imageName}`);
    },
  },
  {
    usage: "vm commit VM",
    args: [1, 1],
    flags: flagsOf({ description: { short: "d", type: "string" } }, "namespace"),
    run: async (call) => {
      await change(call, "commit", { description: call.flags.description ?? "" });
      call.say(`Successfully scheduled committing vm ${call.args[0]}`);
    },
  },
  {
    usage: "vm resize VM SIZE",
    args: [2, 2],
    flags: flagsOf({ user: { short: "u", type: "string" }, password: { short: "p", type: "string" } }, "namespace"),
    run: async (call) => {
      const size = call.args[1] ?? "";
      if (!/^\d+$/.test(size)) throw new UsageError(`invalid disk size "${size}"`);
      await change(call, "resize", { sizeGb: Number(size) });
      call.say(`Successfully resized vm ${call.args[0]}`);
    },
  },
  { usage: "vm push VM IMAGE", args: [2, 2], flags: flagsOf({}, "namespace"), run: push },
  {
    usage: "vm get-push-status [JOB]",
    args: [0, 1],
    flags: flagsOf({}, "namespace", "output"),
    run: async (call) => {
      const { kube, namespace } = await call.connect();
      const { items } = (await kube.call("GET", corePath(namespace, "pods"))) as { items: KubeObject[] };
      const rows = pick(items, call.args, "jobs.batch").map(pushRow);
      printList(call, kube, {
        rows,
        columns: [
          ["NAME", "name"],
          ["IMAGE", "image"],
          ["STATUS", "status"],
        ],
      });
    },
  },
  ...["start", "stop", "suspend", "resume", "revert"].map(intelOnly),
];

/** Deploys, then waits until the VM runs or its time is up. */
async function deploy(call: Call): Promise<void> {
  const { kube, namespace } = await call.connect();
  const { flags } = call;
  if (!flags.image && !flags.config) throw new UsageError("either --image or --config must be set");
  const vms = crdPath(namespace, "virtualmachineinstances");
  const created = (await kube.call("POST", vms, {
    name: call.args[0],
    generateName: flags["generate-name"] === "true",
    config: flags.config,
    image: flags.image,
    cpu: numberFlag(flags.cpu),
    memoryGb: numberFlag(flags.memory),
    node: flags.node,
    tag: flags.tag,
    tagRequired: flags["tag-required"] === "true" || undefined,
    scheduler: flags.scheduler,
    metadata: metadataOf(flags.metadata),
    ports: flags.ports,
    disableVnc: flags["disable-vnc"] === "true" || undefined,
    timeoutMinutes: numberFlag(flags.timeout) ?? 10,
  })) as KubeObject;
  const vm = await settled(kube, `${vms}/${encodeURIComponent(created.metadata.name)}`, created);
  if (vm.status.phase === "Failed") throw new CallError(String(vm.status.errorMessage));
  warn(call, kube);
  if (call.output === "json") call.say(JSON.stringify([deployRow(vm)], null, 2));
  else call.say(`Successfully deployed vm ${vm.metadata.name}\nIP: ${vm.status.ip}\nSSH: ${vm.status.sshPort}`);
}

async function settled(kube: Kube, path: string, created: KubeObject): Promise<KubeObject> {
  let vm = created;
  while (vm.status.phase === "" || vm.status.phase === "Pending") {
    await sleep(POLL_MS);
    vm = (await kube.call("GET", path)) as KubeObject;
  }
  return vm;
}

function metadataOf(flag: string | undefined): Record<string, string> {
  const pairs = (flag ?? "").split(",").filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key, value, ...more] = pair.split("=");
      if (!key || value === undefined || more.length > 0) throw new UsageError(`invalid metadata "${pair}"`);
      return [key, value];
    }),
  );
}

async function list(call: Call): Promise<void> {
  const { kube, namespace } = await call.connect();
  const path = crdPath(namespace, "virtualmachineinstances");
  const { items } = (await kube.call("GET", path)) as { items: KubeObject[] };
  const rows = pick(items, call.args, PLURAL).map(vmRow);
  printList(call, kube, { rows, columns: VM_COLUMNS, wide: VM_WIDE_COLUMNS });
}

/** The one command that goes to the Orka API instead of the Kubernetes API. */
async function push(call: Call): Promise<void> {
  const { kube, namespace } = await call.connect();
  const apiUrl = readApiUrl(call.terminal.env);
  if (!apiUrl) throw new CallError("the API URL is not set. Run `orka3 config set --api-url`");
  const path = `/api/v1/namespaces/${namespace}/vms/${encodeURIComponent(call.args[0] ?? "")}/push`;
  const { jobName } = (await kube.call("POST", `${apiUrl}${path}`, { imageReference: call.args[1] })) as {
    jobName: string;
  };
  call.say(`Successfully scheduled image push. Job name: ${jobName}`);
}

async function change(call: Call, verb: string, body: object): Promise<void> {
  const { kube, namespace } = await call.connect();
  await kube.call("POST", crdPath(namespace, "virtualmachineinstances", call.args[0] ?? "", verb), body);
}

function intelOnly(verb: string): CliCommand {
  return {
    usage: `vm ${verb} VM`,
    args: [1, 1],
    flags: flagsOf({}, "namespace"),
    run: (call) => change(call, "exec", { verb }),
  };
}
