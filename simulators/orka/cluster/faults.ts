import type { ClusterState } from "./state.ts";

/**
 * What goes wrong on purpose.
 *
 * - `no-node`: the deployment fails at once and leaves a failed VM.
 * - `pending-forever`: the VM is never placed on a node, so the deployment times out.
 * - `empty-phase`: like `pending-forever`, with an empty phase where others say Pending.
 * - `slow`: the VM takes `seconds` longer to boot.
 * - `answer-lost`: the call is carried out, then the connection is cut.
 * - `client-killed`: the call is carried out, then the program that asked dies of SIGKILL.
 * - `refused`: the call is turned down with `message`.
 * - `unauthorized`, `server-error`: answered with 401 or 500, nothing is carried out.
 */
export type FaultEffect =
  | "no-node"
  | "pending-forever"
  | "empty-phase"
  | "slow"
  | "answer-lost"
  | "client-killed"
  | "refused"
  | "unauthorized"
  | "server-error";

/** One planned fault: the next `times` calls (default 1) of `operation`, after letting `skip` of them pass. */
export interface Fault {
  /** As in the route table: `vm.create`, `vm.list`, `image.delete`; `*` is any. */
  operation: string;
  effect: FaultEffect;
  times?: number;
  skip?: number;
  seconds?: number;
  message?: string;
}

/** Ways in which versions of orka3 differ from each other. */
export interface Quirks {
  /** Shape of `list -o json`; `object` prints a lone object when there is exactly one. Default `array`. */
  listShape?: "array" | "items" | "object";
  /** Older versions do not show the metadata of a VM. */
  hideMetadata?: boolean;
  /** A line that orka3 prints on stderr before every answer. */
  warning?: string;
  /** `vm resize` to the size that it has already is turned down; otherwise it is accepted. */
  refuseSameSize?: boolean;
}

/** Takes the fault that is planned for this call, if any, and counts it down. */
export function takeFault(state: ClusterState, operation: string): Fault | undefined {
  const fault = state.faults.find((f) => f.operation === operation || f.operation === "*");
  if (!fault) return undefined;
  if (fault.skip) {
    fault.skip -= 1;
    return undefined;
  }
  fault.times = (fault.times ?? 1) - 1;
  if (fault.times <= 0) state.faults = state.faults.filter((f) => f !== fault);
  return fault;
}
