import { randomBytes } from "node:crypto";
import type { Fault } from "./faults.ts";
import { NO_READY_NODE } from "./placement.ts";
import { checkName, isRegistryReference } from "./rules.ts";
import type { ClusterState, PushJobState, VmConfigState, VmState } from "./state.ts";
import { ApiError, invalid, notFound } from "./status.ts";

const PLURAL = "virtualmachineinstances.orka.macstadium.com";

/** What a deployment asks for; flags override the values of the config. */
export interface DeployRequest {
  name?: string;
  generateName?: boolean;
  config?: string;
  image?: string;
  cpu?: number;
  memoryGb?: number;
  node?: string;
  tag?: string;
  tagRequired?: boolean;
  scheduler?: string;
  metadata?: Record<string, string>;
  ports?: string;
  disableVnc?: boolean;
  timeoutMinutes: number;
}

/** Finds a VM. @throws ApiError 404 */
export function findVm(state: ClusterState, namespace: string, name: string): VmState {
  const vm = state.vms.find((v) => v.namespace === namespace && v.name === name);
  if (!vm) throw notFound(PLURAL, name);
  return vm;
}

/** Adds a VM, which waits for a node. @throws ApiError for a bad or taken name, an unknown config or image */
export function deployVm(
  state: ClusterState,
  namespace: string,
  request: DeployRequest,
  now: number,
  bootSeconds: number,
  fault: Fault | undefined,
): VmState {
  const config = configOf(state, request.config);
  const name = chooseName(request);
  checkName("VirtualMachineInstance", name);
  if (state.vms.some((v) => v.namespace === namespace && v.name === name)) {
    throw new ApiError(409, "AlreadyExists", `VM with name ${name} already exists`);
  }
  const image = request.image ?? config?.image;
  if (!image) throw invalid("either an image or a config is required");
  const vm: VmState = {
    name,
    namespace,
    image,
    cpu: request.cpu ?? config?.cpu ?? 3,
    memoryGb: request.memoryGb ?? config?.memoryGb ?? 4.8,
    diskGb: diskOf(state, image),
    metadata: request.metadata ?? {},
    tag: request.tag ?? config?.tag,
    tagRequired: request.tagRequired ?? config?.tagRequired,
    scheduler: request.scheduler ?? config?.scheduler,
    disableVnc: request.disableVnc ?? config?.disableVnc,
    wantedNode: request.node,
    reservedPorts: request.ports,
    phase: "Pending",
    createdAt: now,
    bootSeconds,
    deadline: now + request.timeoutMinutes * 60_000,
    boots: 0,
  };
  warnAboutPorts(state, vm);
  spoil(vm, fault);
  state.vms.push(vm);
  return vm;
}

function configOf(state: ClusterState, name: string | undefined): VmConfigState | undefined {
  if (name === undefined) return undefined;
  const config = state.vmConfigs.find((c) => c.name === name);
  if (!config) throw invalid("config does not exist");
  return config;
}

function chooseName(request: DeployRequest): string {
  const suffix = randomBytes(5).toString("hex").slice(0, 5);
  if (!request.name) return `vm-${suffix}`;
  return request.generateName ? `${request.name}-${suffix}` : request.name;
}

function diskOf(state: ClusterState, image: string): number {
  const local = state.images.find((i) => i.name === image);
  if (local) return local.sizeGb;
  if (isRegistryReference(image)) return 90;
  throw notFound("images.orka.macstadium.com", image);
}

function warnAboutPorts(state: ClusterState, vm: VmState): void {
  const taken = state.vms.flatMap((other) => nodePorts(other.reservedPorts));
  const clash = nodePorts(vm.reservedPorts).filter((port) => taken.includes(port));
  if (clash.length > 0) vm.portWarnings = `Port ${clash.join(", ")} is already reserved`;
}

function nodePorts(reserved: string | undefined): string[] {
  return (reserved ?? "").split(",").flatMap((pair) => pair.split(":")[0] || []);
}

function spoil(vm: VmState, fault: Fault | undefined): void {
  if (fault?.effect === "slow") vm.bootSeconds += fault.seconds ?? 60;
  if (fault?.effect === "pending-forever" || fault?.effect === "empty-phase") vm.stuck = true;
  if (fault?.effect === "empty-phase") vm.emptyPhase = true;
  if (fault?.effect === "no-node") {
    vm.phase = "Failed";
    vm.errorMessage = NO_READY_NODE;
  }
}

/** Ends a VM and frees its slot. @throws ApiError 404 */
export function deleteVm(state: ClusterState, namespace: string, name: string): void {
  const vm = findVm(state, namespace, name);
  state.vms = state.vms.filter((v) => v !== vm);
}

/** Grows the disk and restarts the VM. @throws ApiError when it would not grow */
export function resizeVm(state: ClusterState, vm: VmState, sizeGb: number): void {
  const same = sizeGb === vm.diskGb && !state.quirks.refuseSameSize;
  if (sizeGb <= vm.diskGb && !same) {
    throw invalid(`the new disk size ${sizeGb}G must be larger than the current size ${vm.diskGb}G`);
  }
  vm.diskGb = sizeGb;
  vm.boots += 1;
}

/** Starts a push to a registry that the namespace has a login for. Answers the job, which ends by itself. */
export function pushVm(state: ClusterState, vm: VmState, reference: string, doneAt: number): PushJobState {
  const host = reference.split("/")[0] ?? "";
  const known = state.registryCredentials.some((c) => c.namespace === vm.namespace && c.server.endsWith(`//${host}`));
  const job: PushJobState = {
    name: `registry-push-${randomBytes(4).toString("hex")}`,
    namespace: vm.namespace,
    vm: vm.name,
    reference,
    doneAt,
    ...(known ? {} : { error: `no registry credential for ${host} in namespace ${vm.namespace}` }),
  };
  state.pushJobs.push(job);
  return job;
}
