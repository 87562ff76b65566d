import type { KubeObject } from "./kube.ts";
import type { Column, Row } from "./print.ts";

/** The columns of `vm list`. */
export const VM_COLUMNS: readonly Column[] = [
  ["NAME", "name"],
  ["IP", "ip"],
  ["SSH", "ssh"],
  ["VNC", "vnc"],
  ["SCREENSHARE", "screenshare"],
  ["STATUS", "status"],
];

/** What `vm list -o wide` shows besides. */
export const VM_WIDE_COLUMNS: readonly Column[] = [
  ["NODE", "node"],
  ["IMAGE", "image"],
  ["CPU", "cpu"],
  ["MEMORY", "memory"],
];

/** The object that `vm deploy -o json` prints in its array. Ports are there only when the VM has them. */
export function deployRow(vm: KubeObject): Row {
  const { status } = vm;
  return {
    name: vm.metadata.name,
    node: status.nodeName,
    memory: status.memory,
    ip: status.ip,
    ssh: status.sshPort,
    vnc: status.vncPort,
    screenshare: status.screenSharePort,
    status: status.phase,
    portWarnings: status.portWarnings,
  };
}

/** The object that `vm list -o json` prints for each VM. */
export function vmRow(vm: KubeObject): Row {
  return {
    ...deployRow(vm),
    cpu: vm.spec.cpu,
    image: vm.spec.image,
    deployDate: new Date(Number(vm.status.startTime) * 1000).toISOString(),
    gpuPassthrough: false,
    type: "arm64",
    customMetadata: vm.spec.customVMMetadata,
  };
}

/** The object that `vm get-push-status -o json` prints for each job. */
export function pushRow(job: KubeObject): Row {
  return {
    name: job.metadata.name,
    vm: job.spec.vm,
    image: job.spec.image,
    status: job.status.phase,
    errorMessage: job.status.errorMessage,
  };
}
