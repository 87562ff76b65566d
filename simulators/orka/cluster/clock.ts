import { chooseNode, choosePorts } from "./placement.ts";
import type { ClusterState, VmState } from "./state.ts";

/** Simulated time in ms. */
export type Clock = () => number;

/** A clock that starts at `startMs` and runs `speed` simulated seconds in each real one. */
export function fastClock(startMs: number, speed: number): Clock {
  const began = performance.now();
  return () => startMs + (performance.now() - began) * speed;
}

/** Lets everything happen that is due at `now`: placement, boots, time-outs, finished jobs. */
export function advance(state: ClusterState, now: number): void {
  for (const vm of state.vms) if (vm.phase === "Pending") advanceVm(state, vm, now);
  for (const image of state.images) if ((image.readyAt ?? now) <= now) delete image.readyAt;
  state.pushJobs = state.pushJobs.filter((job) => now < job.doneAt + 3_600_000);
  state.savedAt = now;
}

function advanceVm(state: ClusterState, vm: VmState, now: number): void {
  const reason = vm.node || vm.stuck ? undefined : place(state, vm, now);
  if (vm.runningAt !== undefined && vm.runningAt <= now) {
    vm.phase = "Running";
    vm.boots += 1;
    delete vm.deadline;
    return;
  }
  if (vm.deadline !== undefined && vm.deadline <= now) {
    vm.phase = "Failed";
    vm.errorMessage = reason ?? `timed out waiting for VM ${vm.name} to become Running`;
    delete vm.emptyPhase;
  }
}

/** Puts a waiting VM on a node; answers why that is not possible yet. */
function place(state: ClusterState, vm: VmState, now: number): string | undefined {
  const choice = chooseNode(state, vm);
  if ("reason" in choice) return choice.reason;
  vm.node = choice.node.name;
  vm.ports = choosePorts(state, choice.node, vm);
  vm.runningAt = now + vm.bootSeconds * 1000;
  return undefined;
}

/** A node goes away: its VMs stay Pending for good. When it is back they are as lost as before. */
export function failNode(state: ClusterState, name: string): void {
  for (const node of state.nodes) if (node.name === name) node.phase = "NOT READY";
  for (const vm of state.vms) {
    if (vm.node !== name || vm.phase === "Failed") continue;
    vm.phase = "Pending";
    delete vm.runningAt;
    delete vm.deadline;
  }
}
