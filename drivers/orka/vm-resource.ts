import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { DriverError } from "../errors.ts";
import { checkKnown, GONE, onlySet, parseInputs } from "../inputs.ts";
import type { CheckFailure, Lifecycle } from "../lifecycle.ts";
import { connect, requireToken } from "./connection.ts";
import { clusterSchema, positiveInteger, ruled } from "./inputs.ts";
import { imageProblem, metadataProblem, nameProblem } from "./names.ts";
import { recordedMemory } from "./size.ts";
import type { Orka, OrkaCluster, Vm } from "./types.ts";
import { createVm, findVm, growVm, type OrkaVmPorts, removeVm } from "./vm-actions.ts";
import { diffVm, FLEET_KEY, type OrkaVmInputs, ownerOf } from "./vm-decisions.ts";

export type { OrkaVmInputs } from "./vm-decisions.ts";

/** What is kept about a VM: its inputs and where it is. */
export interface OrkaVmOutputs extends OrkaVmInputs {
  /** With NAT, the default, the address of the node; only the ports tell the VMs there apart. */
  ip: string;
  sshPort?: number;
  vncPort?: number;
  node: string;
  /** `Running`, `Pending` or `Failed`. A stopped VM is shown as Running. */
  status: string;
}

const schema = z.object({
  cluster: clusterSchema,
  name: ruled((value) => nameProblem("vm", value)),
  vmConfig: ruled((value) => nameProblem("vmConfig", value)),
  image: ruled(imageProblem),
  cpu: z.int().min(2),
  memoryGb: z.number().positive(),
  diskGb: positiveInteger,
  imageDiskGb: positiveInteger,
  fleetId: ruled((value) => (value === "" ? "must not be empty" : metadataProblem(FLEET_KEY, value))),
  deployTimeoutMinutes: positiveInteger.optional(),
});

/** The life of a VM. Names are fixed, so a replacement comes after the old one is gone. */
export function orkaVmLifecycle(ports: OrkaVmPorts): Lifecycle<OrkaVmInputs, OrkaVmOutputs> {
  let token: string | undefined;
  const open = async (cluster: OrkaCluster): Promise<Orka> => ports.connect(cluster, requireToken(token));
  const read = (inputs: object): OrkaVmInputs => parseInputs(schema, "An Orka VM", inputs);

  return {
    configure(setting) {
      token = setting("orkaToken");
    },

    async check(_olds, news) {
      return { inputs: news, failures: [...checkKnown(schema, news), ...checkDisk(news)] };
    },

    async diff(_id, olds, news) {
      return diffVm(olds, news);
    },

    async create(inputs) {
      const wanted = read(inputs);
      const vm = await createVm(ports, await open(wanted.cluster), wanted);
      return { id: `${wanted.cluster.namespace}/${wanted.name}`, outs: outputs(wanted, vm) };
    },

    async read(id, outs) {
      const vm = await findVm(await open(outs.cluster), outs.name);
      if (!vm) return GONE;
      const owner = ownerOf(vm, outs.fleetId);
      if (owner === "unknown") {
        throw new DriverError(`Nobody can tell whether VM ${id} is still ours: orka3 shows no metadata`, {
          kind: "unexpected-output",
        });
      }
      if (owner === "foreign") return GONE;
      const { image = outs.image, cpu = outs.cpu } = vm;
      const memoryGb = recordedMemory(vm.memoryGb, outs.memoryGb);
      return { id, props: outputs({ ...outs, image, cpu, memoryGb }, vm) };
    },

    async update(_id, olds, news) {
      const wanted = read(news);
      const vm = await growVm(ports, await open(wanted.cluster), wanted, olds.diskGb);
      return { outs: outputs(wanted, vm) };
    },

    async remove(_id, outs) {
      await removeVm(ports, await open(outs.cluster), outs);
    },
  };
}

/** Used by the program; see components/orka. */
export const lifecycle = orkaVmLifecycle({
  connect,
  sleep: async (seconds) => void (await delay(seconds * 1000)),
  now: () => performance.now() / 1000,
  newDeploymentId: () => randomBytes(6).toString("hex"),
});

function checkDisk({ diskGb, imageDiskGb }: OrkaVmInputs): CheckFailure[] {
  if (typeof diskGb !== "number" || typeof imageDiskGb !== "number" || diskGb >= imageDiskGb) return [];
  return [
    { property: "diskGb", reason: `${diskGb} is less than the ${imageDiskGb} GB of the image; a disk only grows` },
  ];
}

function outputs(inputs: OrkaVmInputs, vm: Vm): OrkaVmOutputs {
  const { ip = "", sshPort, vncPort, node = "", status } = vm;
  return onlySet({ ...inputs, ip, sshPort, vncPort, node, status });
}
