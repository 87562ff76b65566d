import { DriverError } from "../errors.ts";
import type { Connect } from "./connection.ts";
import { type Limiter, limiter } from "./limiter.ts";
import type { Orka, Vm } from "./types.ts";
import {
  DEPLOYMENT_KEY,
  decideCreate,
  FLEET_KEY,
  mustGrow,
  type OrkaVmInputs,
  ownerOf,
  shapeDifferences,
} from "./vm-decisions.ts";

/** What the life of a VM needs from outside. */
export interface OrkaVmPorts {
  connect: Connect;
  sleep(seconds: number): Promise<void>;
  /** Seconds since any moment. */
  now(): number;
  /** A text that no other deployment has. */
  newDeploymentId(): string;
}

const POLL_SECONDS = 5;
const GONE_TIMEOUT_SECONDS = 120;
const DEFAULT_DEPLOY_TIMEOUT_MINUTES = 10;
/** Versions before 3.3.3 and 3.4.1 leave stopped VMs behind when many are deployed at once. */
const DEPLOYS_AT_ONCE = 4;

/** All deployments of this process, by cluster. */
const deployments: Limiter = limiter(DEPLOYS_AT_ONCE);

/** The VM of that name in the namespace of the session, if there is one. */
export async function findVm(orka: Orka, name: string): Promise<Vm | undefined> {
  return (await orka.vms.list()).find((vm) => vm.name === name);
}

/**
 * Makes the VM, or finishes what an interrupted run began.
 * @throws DriverError `not-ours` when the name is taken; otherwise as `Orka.vms.deploy`, and nothing is left behind
 */
export async function createVm(ports: OrkaVmPorts, orka: Orka, wanted: OrkaVmInputs): Promise<Vm> {
  const deadline = ports.now() + deployTimeoutMinutes(wanted) * 60;
  for (;;) {
    const seen = await findVm(orka, wanted.name);
    const { action, reason } = decideCreate(seen, wanted, ports.now() >= deadline);
    if (action === "refuse") throw notOurs(wanted, reason);
    if (action === "adopt") return finish(ports, orka, wanted);
    if (action === "deploy") return deployments(wanted.cluster.apiUrl, () => deploy(ports, orka, wanted));
    if (action === "redeploy") await deleteAndWait(ports, orka, wanted.name);
    if (action === "wait") await ports.sleep(POLL_SECONDS);
  }
}

/** Grows the disk of a VM of ours. @throws DriverError `not-found`, `not-ours` */
export async function growVm(ports: OrkaVmPorts, orka: Orka, wanted: OrkaVmInputs, oldDiskGb: number): Promise<Vm> {
  const seen = await findVm(orka, wanted.name);
  if (!seen) throw new DriverError(`VM ${wanted.name} is gone`, { kind: "not-found" });
  requireOurs(seen, wanted);
  if (wanted.diskGb > oldDiskGb) await orka.vms.resize(wanted.name, wanted.diskGb);
  return running(ports, orka, wanted);
}

/** Deletes a VM of ours and waits until it is gone. One that is gone already is fine. @throws DriverError `not-ours` */
export async function removeVm(ports: OrkaVmPorts, orka: Orka, vm: OrkaVmInputs): Promise<void> {
  const seen = await findVm(orka, vm.name);
  if (!seen) return;
  requireOurs(seen, vm);
  await deleteAndWait(ports, orka, vm.name);
}

async function deploy(ports: OrkaVmPorts, orka: Orka, wanted: OrkaVmInputs): Promise<Vm> {
  const deploymentId = ports.newDeploymentId();
  try {
    await orka.vms.deploy({
      name: wanted.name,
      config: wanted.vmConfig,
      metadata: { [FLEET_KEY]: wanted.fleetId, [DEPLOYMENT_KEY]: deploymentId },
      timeoutMinutes: deployTimeoutMinutes(wanted),
    });
  } catch (error) {
    await cleanUp(ports, orka, wanted.name, (left) => left.metadata?.[DEPLOYMENT_KEY] === deploymentId);
    throw error;
  }
  try {
    return await finish(ports, orka, wanted);
  } catch (error) {
    // The name was free and orka3 said that it deployed: this one is ours even if no mark can be seen.
    const isIt = (left: Vm) => left.metadata === undefined || left.metadata[DEPLOYMENT_KEY] === deploymentId;
    await cleanUp(ports, orka, wanted.name, isIt);
    throw error;
  }
}

/** Gives a running VM its disk and looks at what has become of it. */
async function finish(ports: OrkaVmPorts, orka: Orka, wanted: OrkaVmInputs): Promise<Vm> {
  if (mustGrow(wanted)) await orka.vms.resize(wanted.name, wanted.diskGb);
  const vm = await running(ports, orka, wanted);
  requireOurs(vm, wanted);
  const differences = shapeDifferences(vm, wanted);
  if (differences.length === 0) return vm;
  throw new DriverError(`VM config ${wanted.vmConfig} made a VM ${wanted.name} that is not as declared`, {
    kind: "invalid-argument",
    vendorText: differences.join("\n"),
  });
}

/** Looks until the VM runs: a resize restarts it. */
async function running(ports: OrkaVmPorts, orka: Orka, wanted: OrkaVmInputs): Promise<Vm> {
  const deadline = ports.now() + deployTimeoutMinutes(wanted) * 60;
  for (;;) {
    const vm = await findVm(orka, wanted.name);
    if (vm?.status === "Running") return vm;
    if (!vm || vm.status === "Failed" || ports.now() >= deadline) {
      throw new DriverError(`VM ${wanted.name} is ${vm ? vm.status : "gone"} instead of Running`, { kind: "failed" });
    }
    await ports.sleep(POLL_SECONDS);
  }
}

async function deleteAndWait(ports: OrkaVmPorts, orka: Orka, name: string): Promise<void> {
  await orka.vms.delete(name);
  const deadline = ports.now() + GONE_TIMEOUT_SECONDS;
  while (await findVm(orka, name)) {
    if (ports.now() >= deadline) {
      throw new DriverError(`VM ${name} is still there ${GONE_TIMEOUT_SECONDS} s after it was deleted`, {
        kind: "timeout",
      });
    }
    await ports.sleep(POLL_SECONDS);
  }
}

/** Deletes what a failed deployment left behind. */
async function cleanUp(ports: OrkaVmPorts, orka: Orka, name: string, isIt: (left: Vm) => boolean): Promise<void> {
  try {
    const left = await findVm(orka, name);
    if (left && isIt(left)) await deleteAndWait(ports, orka, name);
  } catch {
    // Why the deployment failed matters more. The next run finds the VM by its name and its mark.
  }
}

function requireOurs(vm: Vm, wanted: Pick<OrkaVmInputs, "name" | "fleetId" | "cluster">): void {
  const owner = ownerOf(vm, wanted.fleetId);
  if (owner === "unknown") throw notOurs(wanted, "orka3 shows no metadata of it, so nobody can tell whose it is");
  if (owner === "foreign") throw notOurs(wanted, `it does not carry ${FLEET_KEY}=${wanted.fleetId}`);
}

function notOurs(wanted: Pick<OrkaVmInputs, "name" | "cluster">, reason: string): DriverError {
  return new DriverError(`VM ${wanted.name} on ${wanted.cluster.apiUrl} is left alone: ${reason}`, {
    kind: "not-ours",
    hint: "Choose another name, delete it by hand if nobody needs it, or use an orka3 that shows customMetadata.",
  });
}

function deployTimeoutMinutes(wanted: OrkaVmInputs): number {
  return wanted.deployTimeoutMinutes ?? DEFAULT_DEPLOY_TIMEOUT_MINUTES;
}
