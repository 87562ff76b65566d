import { byName } from "../names.ts";
import { type Absence, absenceOf, nextAbsences } from "./absence.ts";
import { isReady, type OccupiedPlace } from "./actions.ts";
import { launchesFrom } from "./launch.ts";
import { dueAt, lanesOf, outageSeconds, planRecycling } from "./plan-recycling.ts";
import { staggerSecondsOf } from "./policy.ts";
import { isQuietest } from "./recycle.ts";
import { keptWithin, wantedWithin } from "./sizing.ts";
import type { Instant } from "./types.ts";
import type { View } from "./view.ts";
import { wayOf } from "./way.ts";

/** A declared host that is expected to have no ready runner for a while. */
export interface Outage {
  host: string;
  from: Instant;
  /** When a runner is expected there again; infinite when nobody can know. */
  until: Instant;
  why: string;
}

/** How many runners are expected to be ready, and where the promise is not kept. */
export interface Outlook {
  /** The fewest expected within each of the next 24 hours. */
  readyByHour: number[];
  /** How many are promised in each: the policy's number, or what a pool that follows its demand wants of its hosts. */
  promisedByHour: number[];
  /** The fewest of all these hours. */
  fewest: number;
  /** The first hour in which fewer are expected than promised, and which hosts are out then. */
  short: { from: Instant; out: Outage[] } | undefined;
}

const hour = 3600;
const hours = 24;

/**
 * What the next 24 hours are expected to bring, with scrubs as long as 95 of 100 measured ones. Hosts that are not there
 * yet are not counted on, for nobody knows when AWS has room for one; nor is what a pool may give back.
 */
export function outlook(view: View): Outlook {
  const { policy, keepers, now } = view;
  // A pool that follows its demand misses no host that it has not ordered.
  const names = policy.sizing ? [...keepers.keys()] : policy.hosts.map(({ name }) => name);
  const outages = [...missing(names, view), ...expectedOutages(view)].sort(byHost);
  const readyByHour: number[] = [];
  const promisedByHour: number[] = [];
  for (let from = now; from < now + hours * hour; from += hour) {
    const there = names.length - mostOut(within(outages, from), from, view);
    readyByHour.push(policy.sizing ? Math.min(there, keptWithin(view, policy.sizing, from, hour)) : there);
    const wanted = policy.sizing ? wantedWithin(view, policy.sizing, from, hour) : policy.promisedReady;
    promisedByHour.push(Math.min(names.length, wanted));
  }
  const index = readyByHour.findIndex((count, at) => count < (promisedByHour[at] ?? 0));
  const shortFrom = now + index * hour;
  return {
    readyByHour,
    promisedByHour,
    fewest: Math.min(...readyByHour),
    short: index < 0 ? undefined : { from: shortFrom, out: within(outages, shortFrom) },
  };
}

function byHost(a: Outage, b: Outage): number {
  return byName(a.host, b.host) || a.from - b.from;
}

/** Those of the outages that touch the hour. */
function within(outages: readonly Outage[], from: Instant): Outage[] {
  return outages.filter((outage) => outage.from < from + hour && outage.until > from);
}

/** How many of them are out at once at the most. Those that are not out yet are never more at once than the planner lets. */
function mostOut(outages: readonly Outage[], from: Instant, view: View): number {
  const lanes = Math.max(1, lanesOf(view));
  let most = 0;
  for (const at of outages.map((outage) => Math.max(from, outage.from))) {
    const out = outages.filter((one) => one.from <= at && at < one.until);
    const present = out.filter((one) => one.from <= view.now).length;
    most = Math.max(most, present + Math.min(lanes, out.length - present));
  }
  return most;
}

function missing(names: readonly string[], { keepers, now }: View): Outage[] {
  return names
    .filter((name) => !keepers.has(name))
    .map((host) => ({ host, from: now, until: Number.POSITIVE_INFINITY, why: "it has no host" }));
}

/** The present absence of each place, or its next renewal, and the renewal after it. */
function expectedOutages(view: View): Outage[] {
  const starts = expectedStarts(view);
  const declared = view.places.filter(({ role }) => role === "declared");
  const first = inTurn(
    declared.map((place) => absenceOf(place, view, starts)),
    view,
  );
  const second = nextAbsences(first, view, view.now + hours * hour);
  return [...first, ...second].map(({ place, from, until, why }) => ({ host: place.host.name, from, until, why }));
}

/** When each ready runner is renewed: as late as is planned, or before that in the quietest of its last hours. */
function expectedStarts(view: View): Map<string, Instant> {
  const starts = planRecycling(view);
  const lanes = Array.from({ length: lanesOf(view) }, () => view.now);
  const quiet = view.places
    .filter(isReady)
    .filter(({ role }) => role === "declared")
    .map((place) => ({ place, at: quietStart(place, view) }));
  for (const { place, at } of quiet.sort((a, b) => a.at - b.at)) {
    const { instanceId } = place.occupied.instance;
    const planned = starts.get(instanceId);
    const free = lanes.shift();
    if (planned === undefined || free === undefined) break;
    const from = Math.min(planned, Math.max(at, free));
    starts.set(instanceId, from);
    lanes.push(from + outageSeconds(place, wayOf(place, view, from), view));
    lanes.sort((a, b) => a - b);
  }
  return starts;
}

/** The first of the next hours that is the quietest left to the life; never where the pool's hours are not known. */
function quietStart(place: OccupiedPlace, view: View): Instant {
  const until = Math.min(dueAt(place, view.policy), view.now + hours * hour);
  for (let at = view.now; at < until; at += hour) if (isQuietest(at, place, view)) return at;
  return Number.POSITIVE_INFINITY;
}

/** Free hosts are launched one after another, whoever has waited longest first. */
function inTurn(absences: readonly Absence[], view: View): Absence[] {
  const stagger = view.size || view.forceStart ? 0 : staggerSecondsOf(view.policy);
  let nextAt = launchesFrom(view);
  const turns = absences.toSorted((a, b) => (a.freeAt ?? 0) - (b.freeAt ?? 0));
  return turns.map((absence) => {
    if (absence.freeAt === undefined) return absence;
    const launchAt = Math.max(absence.freeAt, nextAt);
    nextAt = launchAt + stagger;
    return { ...absence, until: absence.until + launchAt - absence.freeAt };
  });
}
