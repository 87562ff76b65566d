import { freeOn } from "./placement.ts";
import type { ClusterState, ImageState, NodeState, PushJobState, VmConfigState, VmState } from "./state.ts";

const API_VERSION = "orka.macstadium.com/v1";

/** The part that all Kubernetes objects share. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}

/** A VM instance as the API shows it. NAT mode: the IP is that of the node. */
export function vmObject(state: ClusterState, vm: VmState): KubeObject {
  const node = state.nodes.find((n) => n.name === vm.node);
  return {
    apiVersion: API_VERSION,
    kind: "VirtualMachineInstance",
    metadata: { name: vm.name, namespace: vm.namespace },
    spec: {
      image: vm.image,
      cpu: vm.cpu,
      memory: vm.memoryGb,
      customVMMetadata: state.quirks.hideMetadata ? undefined : vm.metadata,
    },
    status: {
      phase: vm.emptyPhase ? "" : vm.phase,
      memory: `${vm.memoryGb.toFixed(2)}Gi`,
      nodeName: vm.node ?? "",
      hostIP: node?.ip ?? "",
      ip: node?.ip ?? "",
      ...(vm.phase === "Running" && vm.ports
        ? { sshPort: vm.ports.ssh, vncPort: vm.ports.vnc, screenSharePort: vm.ports.screenshare }
        : {}),
      portWarnings: vm.portWarnings,
      startTime: Math.round(vm.createdAt / 1000),
      errorMessage: vm.errorMessage ?? "",
    },
  };
}

/** A VM config as the API shows it. */
export function vmConfigObject(config: VmConfigState): KubeObject {
  const { name, memoryGb, ...spec } = config;
  return {
    apiVersion: API_VERSION,
    kind: "VirtualMachineConfig",
    metadata: { name },
    spec: { ...spec, memory: memoryGb },
    status: {},
  };
}

/** An image as the API shows it; its description is an annotation. */
export function imageObject(image: ImageState): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: "Image",
    metadata: {
      name: image.name,
      annotations: { "orka.macstadium.com/description": image.description },
      labels: { "kubernetes.io/arch": "arm64" },
    },
    spec: { size: `${image.sizeGb}G`, spaceUsed: `${image.sizeGb}G`, sourceType: "local" },
    status: { state: image.readyAt === undefined ? "Ready" : "Updating", errorMessage: "" },
  };
}

/** A node as the API shows it, with what its VMs leave free. Times of the image cache are compared with `now`. */
export function nodeObject(state: ClusterState, node: NodeState, now: number): KubeObject {
  const free = freeOn(state, node);
  return {
    apiVersion: API_VERSION,
    kind: "OrkaNode",
    metadata: { name: node.name },
    spec: { tags: node.tags, namespace: node.namespace },
    status: {
      nodeIP: node.ip,
      availableCpu: free.cpu,
      availableMemory: `${free.memoryGb.toFixed(2)}G`,
      availableGpu: "N/A",
      allocatableCpu: node.cpu,
      allocatableMemory: `${node.memoryGb.toFixed(2)}G`,
      allocatableGpu: "N/A",
      nodeType: "WORKER",
      phase: node.phase,
      images: node.cache.map((c) => ({ names: [c.image], status: c.readyAt <= now ? "Ready" : "Caching" })),
    },
  };
}

/** The state of a push job. */
export function pushJobObject(job: PushJobState, now: number): KubeObject {
  const ended = job.error ? "Failed" : "Succeeded";
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: job.name,
      namespace: job.namespace,
      labels: { "orka.macstadium.com/job.type": "registry-push", "job-name": job.name },
    },
    spec: { vm: job.vm, image: job.reference },
    status: { phase: now < job.doneAt ? "Running" : ended, errorMessage: job.error ?? "" },
  };
}
