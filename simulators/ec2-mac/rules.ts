/** What a Mac looks like at a moment. Pure: worked out from what happened and the time. */
import type { RootVolumeTask, SimHost, SimInstance, SimState } from "./state.ts";
import { KEEP_RELEASED_SECONDS, KEEP_TERMINATED_SECONDS, LEASE_SECONDS, QUOTA_LAG_SECONDS } from "./timings.ts";

/** The host states that this simulator shows. */
export type HostState =
  | "available"
  | "pending"
  | "under-assessment"
  | "permanent-failure"
  | "released"
  | "released-permanent-failure";

/** EC2's instance states and their numbers. */
export const INSTANCE_STATE_CODES = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;
/** A state of an instance, by name. */
export type InstanceState = keyof typeof INSTANCE_STATE_CODES;

/** Why a host cannot be released now. */
export interface ReleaseRefusal {
  code: string;
  message: string;
}

/** The state of a host at `now`. */
export function hostState(host: SimHost, now: number): HostState {
  if (host.releasedAt !== undefined) return "released";
  if (host.failure?.replacedBy) return "released-permanent-failure";
  if (host.failure && now >= host.failure.permanentFrom) return "permanent-failure";
  if (host.failure && now >= host.failure.from) return "under-assessment";
  if (host.scrub && now >= host.scrub.from && now < host.scrub.until) return "pending";
  return "available";
}

/** The state of an instance at `now`. */
export function instanceState(instance: SimInstance, now: number): InstanceState {
  const { ending } = instance;
  if (ending) {
    const isOver = now >= ending.until;
    if (ending.kind === "stop") return isOver ? "stopped" : "stopping";
    return isOver ? "terminated" : "shutting-down";
  }
  return now >= instance.runningFrom ? "running" : "pending";
}

/** True while the instance keeps its host occupied, which it does until it is fully stopped or terminated. */
export function occupies(instance: SimInstance, now: number): boolean {
  const state = instanceState(instance, now);
  return state !== "stopped" && state !== "terminated";
}

/** The instance that is on the host; a Mac takes only one. */
export function occupant(state: SimState, hostId: string, now: number): SimInstance | undefined {
  return state.instances.find((instance) => instance.hostId === hostId && occupies(instance, now));
}

/** True when the host can take a launch. An ending instance or a scrub ahead keeps it closed. */
export function takesLaunch(state: SimState, host: SimHost, now: number): boolean {
  return hostState(host, now) === "available" && !occupant(state, host.hostId, now);
}

/** Why the host cannot be released; undefined when it can. Texts: as users quote them in wazuh/wazuh-qa; the codes are a guess. */
export function releaseRefusal(state: SimState, host: SimHost, now: number): ReleaseRefusal | undefined {
  if (occupant(state, host.hostId, now)) {
    return {
      code: "Client.InvalidHost.Occupied",
      message: `Dedicated host '${host.hostId}' cannot be released as it is occupied.`,
    };
  }
  const releasableFrom = host.allocatedAt + LEASE_SECONDS * 1000;
  if (now >= releasableFrom) return undefined;
  return {
    code: "Client.HostMinAllocationPeriodUnexpired",
    message:
      `${host.instanceType} hosts must be allocated to your AWS account for at least 24 hour(s). ` +
      `You can release this host any time after ${new Date(releasableFrom).toISOString()}.`,
  };
}

/** True for a host that is no longer the account's. */
export function isReleased(host: SimHost): boolean {
  return host.releasedAt !== undefined || host.failure?.replacedBy !== undefined;
}

/** True while the host counts against the quota; a released one does for some minutes more. */
export function countsAgainstQuota(host: SimHost, now: number): boolean {
  if (host.failure?.replacedBy) return false;
  return host.releasedAt === undefined || now < host.releasedAt + QUOTA_LAG_SECONDS * 1000;
}

/** The state of a root volume task at `now`. */
export function taskState(task: RootVolumeTask, now: number): string {
  if (now < task.runsFrom) return "pending";
  if (now >= task.endsAt) return task.fails ? "failed" : "succeeded";
  return "in-progress";
}

/** The image that the instance runs at `now`: the last one put in place, or the one it was launched from. */
export function imageOf(state: SimState, instance: SimInstance, now: number): string {
  const replaced = tasksOf(state, instance).findLast((task) => task.imageId && taskState(task, now) === "succeeded");
  return replaced?.imageId ?? instance.imageId;
}

/** The status checks of a running instance: `initializing` while macOS boots, also after a new root volume. */
export function checkStatus(state: SimState, instance: SimInstance, now: number): "initializing" | "ok" {
  const boots = tasksOf(state, instance).some((task) => now >= task.runsFrom && now < task.bootedFrom);
  return boots || now < instance.bootedFrom ? "initializing" : "ok";
}

/** Forgets what AWS would no longer show. */
export function forgetOld(state: SimState, now: number): void {
  state.hosts = state.hosts.filter(
    (host) => host.releasedAt === undefined || now < host.releasedAt + KEEP_RELEASED_SECONDS * 1000,
  );
  state.instances = state.instances.filter(
    ({ ending }) => ending?.kind !== "terminate" || now < ending.until + KEEP_TERMINATED_SECONDS * 1000,
  );
  const known = new Set(state.instances.map((instance) => instance.instanceId));
  state.tasks = state.tasks.filter((task) => known.has(task.instanceId));
}

function tasksOf(state: SimState, instance: SimInstance): RootVolumeTask[] {
  return state.tasks.filter((task) => task.instanceId === instance.instanceId);
}
