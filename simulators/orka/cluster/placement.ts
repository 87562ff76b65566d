import type { ClusterState, NodeState, VmPorts, VmState } from "./state.ts";

/** Apple's licence: at most two macOS VMs run on one Mac. */
export const VMS_PER_NODE = 2;

/** Verbatim, also found in the status of the VM instance. */
export const NO_READY_NODE =
  "No node in `READY` state is available to deploy to. Run `orka3 nodes list --namespace orka-default` to check nodes state";

/** What is still free on a node. Memory in GB. */
export function freeOn(state: ClusterState, node: NodeState): { slots: number; cpu: number; memoryGb: number } {
  const there = state.vms.filter((vm) => vm.node === node.name && vm.phase !== "Failed");
  return {
    slots: VMS_PER_NODE - there.length,
    cpu: node.cpu - there.reduce((sum, vm) => sum + vm.cpu, 0),
    memoryGb: node.memoryGb - there.reduce((sum, vm) => sum + vm.memoryGb, 0),
  };
}

/** The node that the scheduler picks, or why there is none now. */
export function chooseNode(state: ClusterState, vm: VmState): { node: NodeState } | { reason: string } {
  const ready = state.nodes.filter((node) => node.phase === "READY" && isAllowed(node, vm));
  if (ready.length === 0) return { reason: NO_READY_NODE };
  const open = ready.filter((node) => freeOn(state, node).slots > 0);
  if (open.length === 0) return { reason: "No nodes available in namespace" };
  const withCpu = open.filter((node) => freeOn(state, node).cpu >= vm.cpu);
  if (withCpu.length === 0) return { reason: "Not enough CPU available" };
  const fitting = withCpu.filter((node) => freeOn(state, node).memoryGb >= vm.memoryGb);
  const best = fitting.toSorted((a, b) => rank(state, a, vm) - rank(state, b, vm))[0];
  return best ? { node: best } : { reason: "Not enough memory available" };
}

function isAllowed(node: NodeState, vm: VmState): boolean {
  if (node.namespace !== vm.namespace) return false;
  if (vm.wantedNode && node.name !== vm.wantedNode) return false;
  return !(vm.tag && vm.tagRequired && !node.tags.includes(vm.tag));
}

/** Lower is better: a wanted tag first, then the emptiest node, or the fullest one for `most-allocated`. */
function rank(state: ClusterState, node: NodeState, vm: VmState): number {
  const tagged = vm.tag && node.tags.includes(vm.tag) ? 0 : 1000;
  const slots = freeOn(state, node).slots;
  return tagged + (vm.scheduler === "most-allocated" ? slots : -slots);
}

/** Ports of the node that no other VM there uses. */
export function choosePorts(state: ClusterState, node: NodeState, vm: VmState): VmPorts {
  const taken = state.vms.filter((other) => other !== vm && other.node === node.name).map((other) => other.ports);
  const firstFree = (from: number, key: keyof VmPorts) => {
    let port = from;
    while (taken.some((ports) => ports?.[key] === port)) port += 1;
    return port;
  };
  const ports: VmPorts = { ssh: firstFree(8822, "ssh"), screenshare: firstFree(5901, "screenshare") };
  if (!vm.disableVnc) ports.vnc = firstFree(5999, "vnc");
  return ports;
}
