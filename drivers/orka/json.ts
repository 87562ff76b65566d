import { z } from "zod";
import { DriverError } from "../errors.ts";
import type { CachedImage, Image, OrkaNode, PushJob, Vm, VmConfig } from "./types.ts";

/*
 * MacStadium's own clients and its documentation disagree about the shape of lists, and versions differ in the fields.
 * So a list may be an array, `{items: [...]}`, a lone object or null, and only the name is required.
 */

const optionalText = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const optionalFlag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);
const optionalNumber = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((value) => (value === "" || value == null || !Number.isFinite(Number(value)) ? undefined : Number(value)));
const optionalSize = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((value) => (typeof value === "string" ? parseSizeGb(value) : (value ?? undefined)));

const vm = z
  .object({
    name: z.string().min(1),
    status: optionalText,
    ip: optionalText,
    ssh: optionalNumber,
    vnc: optionalNumber,
    screenshare: optionalNumber,
    node: optionalText,
    image: optionalText,
    cpu: optionalNumber,
    memory: optionalSize,
    customMetadata: z.record(z.string(), z.string()).nullish(),
  })
  .transform(
    (seen): Vm => ({
      name: seen.name,
      // An empty phase is one that the operator has not written yet.
      status: seen.status ?? "Pending",
      ip: seen.ip,
      sshPort: seen.ssh,
      vncPort: seen.vnc,
      screenSharePort: seen.screenshare,
      node: seen.node,
      image: seen.image,
      cpu: seen.cpu,
      memoryGb: seen.memory,
      metadata: seen.customMetadata ?? undefined,
    }),
  );

const vmConfig = z
  .object({
    name: z.string().min(1),
    image: optionalText,
    cpu: optionalNumber,
    memory: optionalSize,
    tag: optionalText,
    tagRequired: optionalFlag,
  })
  .transform(({ memory, ...seen }): VmConfig => ({ ...seen, memoryGb: memory }));

const image = z
  .object({
    name: z.string().min(1),
    description: optionalText,
    size: optionalSize,
    state: optionalText,
    errorMessage: optionalText,
  })
  .transform(({ size, ...seen }): Image => ({ ...seen, sizeGb: size }));

const node = z
  .object({
    name: z.string().min(1),
    nodeIP: optionalText,
    phase: optionalText,
    nodeType: optionalText,
    namespace: optionalText,
    orkaTags: z.array(z.string()).nullish(),
    availableCpu: optionalNumber,
    availableMemory: optionalSize,
    allocatableCpu: optionalNumber,
    allocatableMemory: optionalSize,
  })
  .transform(
    ({ nodeIP, orkaTags, availableMemory, allocatableMemory, ...seen }): OrkaNode => ({
      ...seen,
      ip: nodeIP,
      tags: orkaTags ?? [],
      availableMemoryGb: availableMemory,
      allocatableMemoryGb: allocatableMemory,
    }),
  );

const cachedImage = z.object({ node: z.string(), status: z.string() }).transform((seen): CachedImage => seen);
const cacheEntry = z.object({ image: z.string() }).transform((seen) => seen.image);
const serviceAccount = z.object({ name: z.string() }).transform((seen) => seen.name);
const pushJob = z
  .object({ name: z.string(), status: z.string(), errorMessage: optionalText })
  .transform((seen): PushJob => seen);

/** Readers of what `-o json` prints. `what` names the call, for the message. @throws DriverError `unexpected-output` */
export const readJson = {
  vms: reader(vm),
  vmConfigs: reader(vmConfig),
  images: reader(image),
  nodes: reader(node),
  cachedImages: reader(cachedImage),
  cacheEntries: reader(cacheEntry),
  serviceAccounts: reader(serviceAccount),
  pushJobs: reader(pushJob),
};

/**
 * A size as Orka writes it: `31.23G` for nodes, `4.80Gi` for VMs. Both count what `--memory` and VM configs call GB,
 * so the unit is not converted. Undefined when it is no size (`N/A`).
 */
export function parseSizeGb(text: string): number | undefined {
  const found = text.trim().match(/^(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?$/i);
  if (!found) return undefined;
  const factor = { K: 1 / 1024 ** 2, M: 1 / 1024, "": 1, G: 1, T: 1024 }[(found[2] ?? "").toUpperCase()] ?? 1;
  return Number(found[1]) * factor;
}

function reader<T>(item: z.ZodType<T>): (stdout: string, what: string) => T[] {
  return (stdout, what) => {
    const parsed = z.array(item).safeParse(itemsOf(parseJson(stdout, what)));
    if (parsed.success) return parsed.data;
    throw unexpected(what, `${z.prettifyError(parsed.error)}\n${excerpt(stdout)}`);
  };
}

function parseJson(stdout: string, what: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    throw unexpected(what, excerpt(stdout) || "no output");
  }
}

/** The items of a list in any of its shapes. */
function itemsOf(value: unknown): unknown {
  if (value === null) return [];
  if (Array.isArray(value) || typeof value !== "object") return value;
  return "items" in value ? (value.items ?? []) : [value];
}

function unexpected(what: string, vendorText: string): DriverError {
  return new DriverError(`${what} answered in an unknown shape`, { kind: "unexpected-output", vendorText });
}

function excerpt(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}...` : text;
}
