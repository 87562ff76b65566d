import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Fault, Quirks } from "./faults.ts";

/** The namespace that always exists and holds images and VM configs. */
export const DEFAULT_NAMESPACE = "orka-default";

/** A physical Mac of the cluster. Memory in GB. */
export interface NodeState {
  name: string;
  ip: string;
  cpu: number;
  memoryGb: number;
  tags: string[];
  namespace: string;
  phase: "READY" | "NOT READY";
  /** Images in the local cache; `readyAt` is simulated time in ms. */
  cache: { image: string; readyAt: number }[];
}

/** A local image. `readyAt` is set while a copy, save or commit is under way, in simulated ms. */
export interface ImageState {
  name: string;
  sizeGb: number;
  description: string;
  readyAt?: number;
}

/** A VM config (`orka3 vm-config`). Memory in GB. */
export interface VmConfigState {
  name: string;
  image: string;
  cpu: number;
  memoryGb: number;
  tag?: string;
  tagRequired?: boolean;
  scheduler?: string;
  disableVnc?: boolean;
}

/** Host ports that lead to the VM: in NAT mode every VM shares the IP of its node. */
export interface VmPorts {
  ssh: number;
  vnc?: number;
  screenshare: number;
}

/** A VM instance. Times are simulated ms; memory and disk in GB. */
export interface VmState {
  name: string;
  namespace: string;
  image: string;
  cpu: number;
  memoryGb: number;
  diskGb: number;
  metadata: Record<string, string>;
  tag?: string;
  tagRequired?: boolean;
  scheduler?: string;
  wantedNode?: string;
  disableVnc?: boolean;
  reservedPorts?: string;
  portWarnings?: string;
  phase: "Pending" | "Running" | "Failed";
  errorMessage?: string;
  node?: string;
  ports?: VmPorts;
  createdAt: number;
  bootSeconds: number;
  runningAt?: number;
  /** When a VM that is still Pending turns Failed; absent after a node failure, which leaves it Pending for good. */
  deadline?: number;
  /** Never placed on a node, by a fault. */
  stuck?: boolean;
  /** Shows an empty phase instead of Pending, by a fault. */
  emptyPhase?: boolean;
  /** How often it has booted: resize, save and commit restart it. */
  boots: number;
}

/** An issued token of a service account; `expiresAt` in simulated ms, absent when it never ends. */
export interface IssuedToken {
  token: string;
  expiresAt?: number;
}

/** A service account and its tokens. */
export interface ServiceAccountState {
  namespace: string;
  name: string;
  tokens: IssuedToken[];
}

/** A namespace with the subjects that a rolebinding lets in. */
export interface NamespaceState {
  name: string;
  customPods: boolean;
  users: string[];
  serviceAccounts: string[];
}

/** A registry login of one namespace. The password is write-only in the real cluster, so it is not kept. */
export interface RegistryCredentialState {
  namespace: string;
  server: string;
  username: string;
}

/** A push of a VM to an OCI registry. Times in simulated ms; shown for one hour. */
export interface PushJobState {
  name: string;
  namespace: string;
  vm: string;
  reference: string;
  doneAt: number;
  error?: string;
}

/** All that the simulated cluster knows. */
export interface ClusterState {
  /** The simulated time of the last change, so that a restart never goes back in time. */
  savedAt: number;
  adminToken: string;
  nodes: NodeState[];
  images: ImageState[];
  vmConfigs: VmConfigState[];
  vms: VmState[];
  serviceAccounts: ServiceAccountState[];
  namespaces: NamespaceState[];
  registryCredentials: RegistryCredentialState[];
  pushJobs: PushJobState[];
  faults: Fault[];
  quirks: Quirks;
}

/** Reads the state that an earlier cluster left in this file, if there is one. */
export function loadState(file: string): ClusterState | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")) as ClusterState;
}

/** Writes the state in one step: a reader sees the old or the new one. It holds tokens, so only the owner may read it. */
export function saveState(file: string, state: ClusterState): void {
  const next = `${file}.next`;
  writeFileSync(next, JSON.stringify(state, null, 1), { mode: 0o600 });
  chmodSync(next, 0o600);
  renameSync(next, file);
}
