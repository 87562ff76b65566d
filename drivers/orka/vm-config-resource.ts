import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { DriverError, isFailure } from "../errors.ts";
import { checkKnown, GONE, onlySet, parseInputs } from "../inputs.ts";
import type { Lifecycle } from "../lifecycle.ts";
import { type Connect, connect, requireToken } from "./connection.ts";
import { clusterSchema, ruled } from "./inputs.ts";
import { imageProblem, nameProblem } from "./names.ts";
import { memoryDiffers, recordedMemory } from "./size.ts";
import type { Orka, OrkaCluster, VmConfig } from "./types.ts";

/** A VM config to have on a cluster: the shape that VMs are deployed with. */
export interface OrkaVmConfigInputs {
  cluster: OrkaCluster;
  /** At most 50 characters. */
  name: string;
  image: string;
  /** At least 2. */
  cpu: number;
  memoryGb: number;
  /** VMs prefer nodes with this tag, or take no other when it is required. */
  tag?: string;
  tagRequired?: boolean;
  /** Whose it is. Orka keeps no mark on a VM config, so this is known to the state only. */
  fleetId?: string;
}

/** What is kept about a VM config. */
export type OrkaVmConfigOutputs = OrkaVmConfigInputs;

const schema = z.object({
  cluster: clusterSchema,
  name: ruled((value) => nameProblem("vmConfig", value)),
  image: ruled(imageProblem),
  cpu: z.int().min(2),
  memoryGb: z.number().positive(),
  tag: ruled((value) => nameProblem("vmConfigTag", value)).optional(),
  tagRequired: z.boolean().optional(),
  fleetId: z.string().min(1).optional(),
});
const PROPERTIES = Object.keys(schema.shape) as (keyof OrkaVmConfigInputs)[];

/**
 * The life of a VM config. Orka can neither edit nor mark one, so every change replaces it, and it is ours only while
 * it still looks exactly as declared.
 */
export function orkaVmConfigLifecycle(ports: { connect: Connect }): Lifecycle<OrkaVmConfigInputs, OrkaVmConfigOutputs> {
  let token: string | undefined;
  const open = async (cluster: OrkaCluster): Promise<Orka> => ports.connect(cluster, requireToken(token));

  return {
    configure(setting) {
      token = setting("orkaToken");
    },

    async check(_olds, news) {
      return { inputs: news, failures: checkKnown(schema, news) };
    },

    async diff(_id, olds, news) {
      const replaces = PROPERTIES.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
      return { changes: replaces.length > 0, replaces, deleteBeforeReplace: true };
    },

    async create(inputs) {
      const wanted = parseInputs(schema, "An Orka VM config", inputs);
      const orka = await open(wanted.cluster);
      const there = await find(orka, wanted.name);
      if (there) refuseDifferent(there, wanted, "already-exists");
      else await createNew(orka, wanted);
      return { id: wanted.name, outs: wanted };
    },

    async read(id, outs) {
      const there = await find(await open(outs.cluster), outs.name);
      if (!there) return GONE;
      const { image = outs.image, cpu = outs.cpu, tag } = there;
      const memoryGb = recordedMemory(there.memoryGb, outs.memoryGb);
      const tagRequired = sameFlag(there.tagRequired, outs.tagRequired) ? outs.tagRequired : there.tagRequired;
      return { id, props: onlySet({ ...outs, image, cpu, memoryGb, tag, tagRequired }) };
    },

    async update(id) {
      throw new DriverError(`VM config ${id} cannot be changed in place`, { kind: "invalid-argument" });
    },

    async remove(_id, outs) {
      const orka = await open(outs.cluster);
      const there = await find(orka, outs.name);
      if (!there) return;
      refuseDifferent(there, outs, "not-ours");
      await orka.vmConfigs.delete(outs.name);
      if (await find(orka, outs.name)) {
        throw new DriverError(`VM config ${outs.name} is still there after it was deleted`, { kind: "failed" });
      }
    },
  };
}

/** Used by the program; see components/orka. */
export const lifecycle = orkaVmConfigLifecycle({ connect });

async function find(orka: Orka, name: string): Promise<VmConfig | undefined> {
  return (await orka.vmConfigs.list()).find((config) => config.name === name);
}

/** Creates and looks again. Someone else's of the same name, made in between, is refused like one made before. */
async function createNew(orka: Orka, wanted: OrkaVmConfigInputs): Promise<void> {
  try {
    await orka.vmConfigs.create(wanted);
  } catch (error) {
    if (!isFailure(error, "already-exists")) throw error;
  }
  const there = await find(orka, wanted.name);
  if (!there) {
    throw new DriverError(`VM config ${wanted.name} is not there after it was created`, { kind: "failed" });
  }
  refuseDifferent(there, wanted, "already-exists");
}

function refuseDifferent(there: VmConfig, wanted: OrkaVmConfigInputs, kind: "already-exists" | "not-ours"): void {
  const differences = configDifferences(there, wanted);
  if (differences.length === 0) return;
  throw new DriverError(
    `VM config ${wanted.name} on ${wanted.cluster.apiUrl} is not as declared, so it is left alone`,
    {
      kind,
      vendorText: differences.join("\n"),
      hint: "Delete it by hand with orka3 vm-config delete if nobody needs it, or declare another name.",
    },
  );
}

/** How a VM config differs from what is wanted, in words. What a version of orka3 does not show is not compared. */
export function configDifferences(there: VmConfig, wanted: Omit<OrkaVmConfigInputs, "cluster">): string[] {
  const found: string[] = [];
  const compare = (what: string, seen: unknown, want: unknown, differs = seen !== want) => {
    if (differs) found.push(`${what} is ${seen ?? "not set"}, declared is ${want ?? "none"}`);
  };
  compare("image", there.image, wanted.image, there.image !== undefined && there.image !== wanted.image);
  compare("cpu", there.cpu, wanted.cpu, there.cpu !== undefined && there.cpu !== wanted.cpu);
  compare("memory", there.memoryGb, wanted.memoryGb, memoryDiffers(there.memoryGb, wanted.memoryGb));
  compare("tag", there.tag, wanted.tag);
  compare("tagRequired", there.tagRequired, wanted.tagRequired, !sameFlag(there.tagRequired, wanted.tagRequired));
  return found;
}

/** A flag that is not set is off. */
function sameFlag(a: boolean | undefined, b: boolean | undefined): boolean {
  return (a ?? false) === (b ?? false);
}
