import { outlook } from "./outlook.ts";
import { releasableAt } from "./release.ts";
import { scrubPercentile } from "./scrub-times.ts";
import type { Instant, Observed, PoolMemory, SeenHost } from "./types.ts";
import { isBusy } from "./utilization.ts";
import type { Place, View } from "./view.ts";

/** What a pool's controller tells CloudWatch at each look. */
export interface PoolMetrics {
  ReadyRunners: number;
  BusyRunners: number;
  /** The fewest ready runners that are expected within the next 24 hours, and how many are promised now. */
  ReadyRunnersOutlook: number;
  PromisedRunners: number;
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
  /** Lives that failed since the last look, and orders that do not come through. */
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
  const { fewest, promisedByHour } = outlook(view);
  const overdue = leaving.map(({ host }) => now - dueBackAt(host, view));
  return {
    ReadyRunners: count(({ stage }) => stage === "ready"),
    BusyRunners: count(isBusy),
    ReadyRunnersOutlook: fewest,
    PromisedRunners: promisedByHour[0] ?? 0,
    DeclaredHosts: size ? count(({ role }) => role === "declared") : policy.hosts.length,
    ...(size && { WantedRunners: size.wanted }),
    ...(size && typeof waitingJobs === "number" && { WaitingJobs: waitingJobs }),
    HostsFailed: count(({ host }) => host.state === "permanent-failure"),
    HostsScrubbing: count(({ stage }) => stage === "scrubbing"),
    ScrubOverdue: count((place) => isOverdue(place, view)),
    LaunchFailures: failures(view, before, after),
    LeasesWaiting: leaving.length,
    LeaseWaitOverdueSeconds: Math.max(0, ...overdue),
    InstancesPastHardLimit: count(({ occupied }) => occupied !== undefined && now > occupied.life.hardEndsAt),
    ControllerLooks: 1,
  };
}

/** A host that leaves has its grace for the job that runs on it; what came before the removal is nobody's delay. */
function dueBackAt(host: SeenHost, { now, policy, memory }: View): Instant {
  const since = memory.removals[host.hostId] ?? now;
  return Math.max(releasableAt(host, policy), since + policy.graceSeconds);
}

/** The share of scrubs that is expected to be over by then. */
const usualShare = 0.95;

function isOverdue({ host, stage }: Place, { memory, now, scrubTimes }: View): boolean {
  if (stage !== "scrubbing") return false;
  const since = memory.hostStates[host.hostId]?.since ?? now;
  return now - since > scrubPercentile(scrubTimes, host, usualShare);
}

/**
 * Lives that failed since the last look, replacements that AWS refused, and orders that are given again and again because no
 * answer comes or access is denied. A launch that found no room is none: hosts take one some minutes after their scrub.
 */
function failures({ places, policy, now }: View, before: PoolMemory, after: PoolMemory): number {
  const known = new Map(before.lives.map((life) => [life.clientToken, life.result]));
  const news = after.lives.filter(
    ({ kind, result, clientToken }) =>
      (result === "failed" || (result === "refused" && kind === "replacement")) && known.get(clientToken) !== result,
  );
  const isStuck = (order: { result: string; askedAt: Instant } | undefined) =>
    order?.result === "asked" && now - order.askedAt >= policy.settleSeconds;
  const lives = places.filter(
    ({ stage, host }) =>
      (stage === "free" || stage === "draining") &&
      isStuck(after.lives.findLast((life) => life.hostId === host.hostId)),
  );
  const names = new Set(places.map(({ host }) => host.name));
  const hosts = after.allocations.filter((order) => !names.has(order.hostName) && isStuck(order));
  return news.length + lives.length + hosts.length;
}
