import type { DiffResult } from "../lifecycle.ts";
import { memoryDiffers } from "./size.ts";
import type { OrkaCluster, Vm } from "./types.ts";

/** A VM to have on a cluster. */
export interface OrkaVmInputs {
  cluster: OrkaCluster;
  name: string;
  /** The VM config that it is deployed with. */
  vmConfig: string;
  /** What the config makes: image, CPUs and memory are compared with what is there. */
  image: string;
  cpu: number;
  memoryGb: number;
  /** At least `imageDiskGb`. It can grow and never shrink; growing restarts the VM. */
  diskGb: number;
  /** The disk that the image comes with. */
  imageDiskGb: number;
  /** The fleet's mark. */
  fleetId: string;
  /** How long the VM may wait for a free place. Default 10, as orka3's own. */
  deployTimeoutMinutes?: number;
}

/** The key of the metadata that tells which fleet a VM belongs to. */
export const FLEET_KEY = "mac-runner-fleet";
/** The key of the metadata that tells one deployment from another of the same name. */
export const DEPLOYMENT_KEY = "mac-runner-fleet-deployment";

/** Whose a VM is. `unknown` when orka3 shows no metadata. */
export function ownerOf(vm: Vm, fleetId: string): "ours" | "foreign" | "unknown" {
  if (vm.metadata === undefined) return "unknown";
  return vm.metadata[FLEET_KEY] === fleetId ? "ours" : "foreign";
}

/** What to do about the VM that has the name of the one that is wanted. */
export interface CreateDecision {
  action: "deploy" | "adopt" | "wait" | "redeploy" | "refuse";
  reason: string;
}

/**
 * What to do so that the wanted VM is there, given what has its name now. Pure.
 * A pending VM of ours may be the work of an earlier run that is still waiting for it, so it gets its time.
 */
export function decideCreate(seen: Vm | undefined, wanted: OrkaVmInputs, waitedLongEnough: boolean): CreateDecision {
  if (!seen) return { action: "deploy", reason: "there is none" };
  const owner = ownerOf(seen, wanted.fleetId);
  if (owner === "unknown")
    return { action: "refuse", reason: "orka3 shows no metadata of it, so nobody can tell whose it is" };
  if (owner === "foreign") return { action: "refuse", reason: `it does not carry ${FLEET_KEY}=${wanted.fleetId}` };
  if (seen.status === "Failed") return { action: "redeploy", reason: "an earlier deployment of it failed" };
  const differences = shapeDifferences(seen, wanted);
  if (differences.length > 0) return { action: "redeploy", reason: differences.join(", ") };
  if (seen.status === "Running") return { action: "adopt", reason: "an earlier run made it" };
  return waitedLongEnough
    ? { action: "redeploy", reason: `it is still ${seen.status}` }
    : { action: "wait", reason: `it is ${seen.status}` };
}

/** How a VM differs from what is wanted, in words. What a version of orka3 does not show is not compared. */
export function shapeDifferences(vm: Vm, wanted: Pick<OrkaVmInputs, "image" | "cpu" | "memoryGb">): string[] {
  const found: string[] = [];
  if (vm.image !== undefined && vm.image !== wanted.image) found.push(`its image is ${vm.image}, not ${wanted.image}`);
  if (vm.cpu !== undefined && vm.cpu !== wanted.cpu) found.push(`it has ${vm.cpu} CPUs, not ${wanted.cpu}`);
  if (memoryDiffers(vm.memoryGb, wanted.memoryGb))
    found.push(`it has ${vm.memoryGb} GB of memory, not ${wanted.memoryGb}`);
  return found;
}

/** True when the disk that the image brings is not enough. */
export function mustGrow(wanted: Pick<OrkaVmInputs, "diskGb" | "imageDiskGb">): boolean {
  return wanted.diskGb > wanted.imageDiskGb;
}

const IDENTITY = ["name", "vmConfig", "image", "cpu", "memoryGb", "fleetId"] as const;

/**
 * What a change of inputs means for the VM. Pure. Only a larger disk is possible in place; a smaller one and everything
 * else make another VM. How long a deployment may take says nothing about the VM.
 */
export function diffVm(olds: OrkaVmInputs, news: OrkaVmInputs): DiffResult {
  const replaces: string[] = IDENTITY.filter((key) => olds[key] !== news[key]);
  if (olds.cluster.apiUrl !== news.cluster?.apiUrl || olds.cluster.namespace !== news.cluster?.namespace) {
    replaces.push("cluster");
  }
  // At preview a size may be a marker for "not known yet": then neither of these is true.
  const shrinks = news.diskGb < olds.diskGb;
  if (shrinks) replaces.push("diskGb");
  const changes = replaces.length > 0 || news.diskGb !== olds.diskGb;
  return { changes, replaces, deleteBeforeReplace: true };
}
