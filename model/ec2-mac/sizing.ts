import { drain, isOccupied, type OccupiedPlace } from "./actions.ts";
import { forecastAt } from "./forecast.ts";
import { livesOn } from "./lives.ts";
import type { PoolPolicy, Sizing } from "./policy.ts";
import { releasableAt } from "./release.ts";
import { scrubPercentile } from "./scrub-times.ts";
import type { Action, DrainAction, Instant, ReleaseAction } from "./types.ts";
import type { Place, Stage, View } from "./view.ts";

/** From an order until its runner takes jobs, with the time between two looks: what has to be known in advance. */
const leadSeconds = 35 * 60;
/** A host that is wanted again within this time is kept: until then its end and a new start would take as long. */
const keepSeconds = 90 * 60;
/** A host is ordered for what is wanted in so many of the hours of its lease; one hour's peak is not worth a day's price. */
const worthwhileHours = 3;
const leaseHours = 24;

/** How many runners are wanted. */
export interface Size {
  /** Soon enough to begin now, on a host that is there. */
  wanted: number;
  /** Soon enough, and in enough hours of the day that comes, to order a host for it. */
  ordered: number;
  /** The most within the time for which a runner is kept; no less than there is to do, or was of late. */
  kept: number;
}

/** Instances that have a runner or will have one within the hour. */
const alive: ReadonlySet<Stage> = new Set(["ready", "booting", "booted", "setting-up", "replacing"]);

/** How many runners the pool should have; undefined for a pool that is always as large as declared. */
export function sizeOf({ policy, memory, now }: Pick<View, "policy" | "memory" | "now">): Size | undefined {
  const { sizing } = policy;
  if (!sizing) return undefined;
  const wanted = mostWithin(now, leadSeconds, sizing, policy, memory.demand);
  const worthwhile = Math.min(wanted, worthwhileOf(now, sizing, policy, memory.demand));
  const kept = mostWithin(now, keepSeconds, sizing, policy, memory.demand);
  const { load = 0, recent = load } = memory.demand ?? {};
  const atOnce = clamped(Math.ceil(load * sizing.answered), sizing, policy);
  const lately = clamped(Math.round(recent * sizing.answered), sizing, policy);
  return {
    wanted: Math.max(wanted, atOnce),
    ordered: Math.max(worthwhile, atOnce),
    kept: Math.max(kept, wanted, lately, clamped(load, sizing, policy)),
  };
}

/** How many runners a pool that follows its demand wants at the most within these seconds. */
export function wantedWithin({ policy, memory }: View, sizing: Sizing, from: Instant, seconds: number): number {
  return mostWithin(from, seconds, sizing, policy, memory.demand);
}

/** How many of them it does not give back within these seconds. */
export function keptWithin(view: View, sizing: Sizing, from: Instant, seconds: number): number {
  return wantedWithin(view, sizing, from, seconds + keepSeconds);
}

/** How many are wanted in enough hours of the day that comes. */
function worthwhileOf(now: Instant, sizing: Sizing, policy: PoolPolicy, demand: View["memory"]["demand"]): number {
  const wants = Array.from({ length: leaseHours }, (_, ahead) =>
    mostWithin(now + ahead * 3600, 0, sizing, policy, demand),
  );
  return wants.sort((a, b) => b - a)[worthwhileHours - 1] as number;
}

function mostWithin(
  now: Instant,
  seconds: number,
  sizing: Sizing,
  policy: PoolPolicy,
  demand: View["memory"]["demand"],
): number {
  let most = 0;
  for (let at = now; ; at = Math.min(at + 1800, now + seconds)) {
    const forecast = forecastAt(demand, at);
    // Before anything is known the pool is as large as it may be; where nobody can look, nothing ever will be.
    if (!forecast) return clamped(isBlind(demand) ? sizing.least : sizing.most, sizing, policy);
    most = Math.max(most, Math.ceil(forecast.mean + sizing.deviations * forecast.deviation));
    if (at >= now + seconds) return clamped(most, sizing, policy);
  }
}

function isBlind(demand: View["memory"]["demand"]): boolean {
  return demand?.isUnseen === true && demand.hours.length === 0;
}

function clamped(count: number, { least, most }: Sizing, { hosts }: PoolPolicy): number {
  return Math.max(Math.min(count, most, hosts.length), Math.min(least, hosts.length));
}

/** True when the place counts as a runner, now or within the hour. */
export function isAlive({ stage, role, occupied }: Place): boolean {
  if (role !== "declared") return false;
  return alive.has(stage) || (stage === "draining" && occupied?.drain?.way === "replace-root-volume");
}

/** How many runners there are, or will be within the hour. */
export function aliveCount({ places }: View): number {
  let count = 0;
  for (const place of places) if (isAlive(place)) count++;
  return count;
}

/**
 * Gives back what is not wanted now: hosts whose lease is paid, empty ones first, then idle runners. What is idle and not
 * paid gets its full scrub early when nobody will miss it meanwhile. Never goes below the floor, and leaves alone what the
 * pool always has. Nothing is given back while nobody could tell how many jobs wait.
 */
export function shrink(view: View, busyElsewhere: ReadonlySet<string>): (DrainAction | ReleaseAction)[] {
  const { size, policy, now, memory } = view;
  if (!size || !policy.sizing || memory.demand?.isUnseen) return [];
  const standing = standingNames(policy);
  const places = view.places.filter(({ host }) => !standing.has(host.name));
  const actions: (DrainAction | ReleaseAction)[] = [];
  const count = aliveCount(view);
  let missing = size.kept - count;
  let ready = 0;
  for (const { stage, host } of view.places) if (stage === "ready" && !busyElsewhere.has(host.hostId)) ready++;
  for (const place of places) {
    if (place.role !== "declared" || busyElsewhere.has(place.host.hostId)) continue;
    if (place.stage !== "free" && place.stage !== "scrubbing") continue;
    if (place.stage === "free" && missing > 0) missing--;
    else if (now >= releasableAt(place.host, policy) && !mayBeLaunching(place, view)) actions.push(release(place));
  }
  let left = count;
  for (const place of places) {
    if (left <= size.kept || ready <= policy.floor) break;
    if (place.stage !== "ready" || place.role !== "declared" || !isOccupied(place) || !isIdle(place)) continue;
    if (busyElsewhere.has(place.host.hostId)) continue;
    const why = whyEnded(place, view, left);
    if (!why) continue;
    left--;
    ready--;
    actions.push(drain(place, "terminate", true, why));
  }
  return actions;
}

/** The names of the hosts that the pool always has. */
function standingNames({ hosts }: PoolPolicy): ReadonlySet<string> {
  return new Set(hosts.flatMap(({ name, standing }) => (standing ? [name] : [])));
}

/** A launch that was asked for may not be shown yet; without an answer it may still have happened. */
function mayBeLaunching({ host }: Place, { memory, now, policy }: View): boolean {
  const last = livesOn(host.hostId, memory.lives).at(-1);
  if (last?.kind !== "launch") return false;
  return last.result === "asked" || (last.result === "running" && now < (last.resultAt ?? 0) + policy.settleSeconds);
}

function whyEnded(place: OccupiedPlace, view: View, left: number): string | undefined {
  const { now, policy, scrubTimes, memory } = view;
  const { host, occupied } = place;
  if (now + keepSeconds / 3 >= releasableAt(host, policy)) return "its lease is paid and fewer runners are wanted";
  if (now < occupied.life.startedAt + policy.softLifeSeconds / 2 || !policy.sizing) return undefined;
  const away = scrubPercentile(scrubTimes, host, 0.5) + leadSeconds;
  const missed = mostWithin(now, away, policy.sizing, policy, memory.demand) >= left;
  return missed ? undefined : "nobody will miss it while it has its full scrub";
}

function isIdle({ occupied }: OccupiedPlace): boolean {
  const { runner } = occupied.instance;
  return runner.state === "registered" && !runner.busy;
}

function release({ host }: Place): ReleaseAction {
  return {
    kind: "release",
    hostName: host.name,
    hostId: host.hostId,
    reason: "its lease is paid and fewer runners are wanted",
  };
}

/**
 * How many of the free hosts may be launched now. One that is paid for anyway serves better than it stands, and any one
 * may answer the load of the moment.
 */
export function launchRoom(view: View, free: readonly Place[]): number {
  const { size, policy, memory, now } = view;
  if (!size || !policy.sizing) return free.length;
  const paidFor = free.filter(({ host }) => now + keepSeconds < releasableAt(host, policy)).length;
  const load = clamped(memory.demand?.load ?? 0, policy.sizing, policy);
  return Math.max(paidFor, Math.min(free.length, Math.max(load, size.wanted) - aliveCount(view)));
}

/** How many hosts may be ordered now, besides those that have been and are not shown yet. */
export function orderRoom(view: View, actions: readonly Action[]): number {
  if (!view.size) return Number.POSITIVE_INFINITY;
  const taken = new Set(actions.map((action) => ("hostId" in action ? action.hostId : undefined)));
  let free = 0;
  for (const { stage, role, host } of view.places)
    if (stage === "free" && role === "declared" && !taken.has(host.hostId)) free++;
  const launched = actions.filter(({ kind }) => kind === "launch").length;
  return view.size.ordered - aliveCount(view) - launched - free;
}
