import { releasableAt } from "./release.ts";
import { scrubPercentile } from "./scrub-times.ts";
import type { Observed, PoolMemory } from "./types.ts";
import { isBusy } from "./utilization.ts";
import type { Place, View } from "./view.ts";

/** What a pool's controller tells CloudWatch at each look. */
export interface PoolMetrics {
  ReadyRunners: number;
  BusyRunners: number;
  /** In a pool that follows its demand, those that it has now. */
  DeclaredHosts: number;
  /** Runners that a pool which follows its demand wants, and the jobs that wait for one, where they could be counted. */
  WantedRunners?: number;
  WaitingJobs?: number;
  /** Hosts whose hardware AWS has given up. */
  HostsFailed: number;
  HostsScrubbing: number;
  /** Hosts whose scrub takes longer than 95 of 100 did. */
  ScrubOverdue: number;
  /** Lives that failed, or were refused, since the last look. */
  LaunchFailures: number;
  /** Hosts that are to be given back. */
  LeasesWaiting: number;
  /** How long the host that has waited longest could have been given back, in seconds. */
  LeaseWaitOverdueSeconds: number;
  InstancesPastHardLimit: number;
  /** 1: there has been a look. Its absence is the alarm. */
  ControllerLooks: number;
}

/** Counts what was seen. `before` is the memory of the last look, `after` that of this one. */
export function poolMetrics(
  view: View,
  before: PoolMemory,
  after: PoolMemory,
  waitingJobs?: Observed["waitingJobs"],
): PoolMetrics {
  const { places, now, policy, size } = view;
  const count = (isSo: (place: Place) => boolean) => places.filter(isSo).length;
  const leaving = places.filter(({ role }) => role !== "declared");
  const overdue = leaving.map(({ host }) => now - releasableAt(host, policy));
  return {
    ReadyRunners: count(({ stage }) => stage === "ready"),
    BusyRunners: count(isBusy),
    DeclaredHosts: size ? count(({ role }) => role === "declared") : policy.hosts.length,
    ...(size && { WantedRunners: size.wanted }),
    ...(size && typeof waitingJobs === "number" && { WaitingJobs: waitingJobs }),
    HostsFailed: count(({ host }) => host.state === "permanent-failure"),
    HostsScrubbing: count(({ stage }) => stage === "scrubbing"),
    ScrubOverdue: count((place) => isOverdue(place, view)),
    LaunchFailures: failuresSince(before, after),
    LeasesWaiting: leaving.length,
    LeaseWaitOverdueSeconds: Math.max(0, ...overdue),
    InstancesPastHardLimit: count(({ occupied }) => occupied !== undefined && now > occupied.life.hardEndsAt),
    ControllerLooks: 1,
  };
}

/** The share of scrubs that is expected to be over by then. */
const usualShare = 0.95;

function isOverdue({ host, stage }: Place, { memory, now, scrubTimes }: View): boolean {
  if (stage !== "scrubbing") return false;
  const since = memory.hostStates[host.hostId]?.since ?? now;
  return now - since > scrubPercentile(scrubTimes, host, usualShare);
}

function failuresSince(before: PoolMemory, after: PoolMemory): number {
  const known = new Map(before.lives.map((life) => [life.clientToken, life]));
  return after.lives.filter((life) => {
    if (life.result !== "failed" && life.result !== "refused") return false;
    const earlier = known.get(life.clientToken);
    return earlier?.result !== life.result || earlier.resultAt !== life.resultAt;
  }).length;
}
