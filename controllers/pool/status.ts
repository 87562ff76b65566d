import { type Outage, outlook } from "../../model/ec2-mac/outlook.ts";
import { hasEarlierSetUp, type PoolPolicy } from "../../model/ec2-mac/policy.ts";
import { poolSize } from "../../model/ec2-mac/size.ts";
import type { Action, Instant } from "../../model/ec2-mac/types.ts";
import { type Place, type Stage, viewOf } from "../../model/ec2-mac/view.ts";
import { at, iso, span } from "../../model/ec2-mac/words.ts";
import { byName } from "../../model/names.ts";
import type { Considered } from "./look.ts";

/** One host of a pool, or a declared name that has none. Empty texts are nothing to say. */
export interface HostStatus {
  pool: string;
  host: string;
  hostId: string;
  zone: string;
  /** AWS's word for the host; `missing` when there is none. */
  state: string;
  /** What is going on there, in the pool's words. */
  stage: Stage | "";
  /** Why the pool has it: `declared`, or until when only. */
  role: Place["role"];
  machine: string;
  image: string;
  /** `earlier` where it was set up otherwise than new machines are, until its next life; empty where there is none. */
  setUp: "newest" | "earlier" | "";
  /** How old the present life is. */
  age: string;
  /** When the present life should be over, as ISO 8601. */
  softEnd: string;
  /** `busy`, `idle`, `draining`, `absent`, `unknown`. */
  runner: string;
  /** What the controller does next, or waits for, and why. */
  next: string;
}

/** The hosts of a pool by their names, and what the controller would do next with each. Pure. */
export function poolStatus(pool: string, { observed, policy, now, decision }: Considered): HostStatus[] {
  const places = viewOf(observed, policy, now).places;
  const next = nextByHost(decision.actions);
  const there = places.map((place) => ({
    pool,
    ...placeStatus(place, policy, now),
    next: next.get(place.host.hostId) ?? next.get(place.host.name) ?? "",
  }));
  const names = new Set(places.map(({ host }) => host.name));
  // Nobody misses a host that is only ordered when there are jobs for it.
  const missing = policy.hosts
    .filter(({ name, standing }) => !names.has(name) && (!policy.sizing || standing || next.has(name)))
    .map(({ name, zone }) => ({ pool, ...missingStatus(name, zone), next: next.get(name) ?? "" }));
  return [...there, ...missing].sort((a, b) => byName(a.host, b.host));
}

/** What a pool that follows its demand has, wants and may have, and why, in a line; undefined for another. Pure. */
export function sizeLine(pool: string, { observed, policy, now }: Considered): string | undefined {
  const size = poolSize(viewOf(observed, policy, now), observed.waitingJobs);
  if (!size) return undefined;
  const { least, most, hosts, wanted, alive, running, waiting = "?", why } = size;
  return [
    `Pool ${pool} follows its demand: ${hosts} hosts of ${least} to ${most}.`,
    `${wanted} runners wanted, ${alive} there or soon; jobs: ${running} running, ${waiting} waiting.`,
    `Why: ${why}.`,
  ].join(" ");
}

/** Which Macs were set up otherwise than new ones are, in a line; undefined where none was. Pure. */
export function earlierSetUpLine(pool: string, { observed, policy, now }: Considered): string | undefined {
  const { places } = viewOf(observed, policy, now);
  const earlier = places.filter((place) => setUpWord(place, policy) === "earlier");
  if (earlier.length === 0) return undefined;
  const names = earlier.map(({ host }) => host.name).sort(byName);
  return `Pool ${pool}, set up as before the last deployment until their next life: ${names.join(", ")}.`;
}

/** What the next 24 hours are expected to bring for a pool. Moments as ISO 8601. */
export interface OutlookStatus {
  pool: string;
  /** In each of the hours that come, the present one first. */
  promised: readonly number[];
  ready: readonly number[];
  fewest: number;
  /** When fewer are expected than promised, and which hosts are out then; `until` is missing where nobody can know. */
  short?: { from: string; out: { host: string; why: string; until?: string }[] };
}

/** The outlook of a pool for programs. Pure. */
export function outlookStatus(pool: string, { observed, policy, now }: Considered): OutlookStatus {
  const { promisedByHour, readyByHour, fewest, short } = outlook(viewOf(observed, policy, now));
  const out = short?.out.map(({ host, why, until }) => ({ host, why, ...(until < never && { until: iso(until) }) }));
  const status = { pool, promised: promisedByHour, ready: readyByHour, fewest };
  return short && out ? { ...status, short: { from: iso(short.from), out } } : status;
}

/** The outlook of a pool in a line: what is promised, what is expected, and why it is too little. Pure. */
export function outlookLine(pool: string, { observed, policy, now }: Considered): string {
  const { promisedByHour, fewest, short } = outlook(viewOf(observed, policy, now));
  const [least, most] = [Math.min(...promisedByHour), Math.max(...promisedByHour)];
  const promised = least === most ? least : `${least} to ${most}`;
  const line = `Pool ${pool}, ready runners in the next 24 h: ${promised} promised, ${fewest} expected at the fewest`;
  return short ? `${line}.\n  Too few from ${at(short.from)}: ${whoIsOut(short.out)}.` : `${line}.`;
}

const never = Number.POSITIVE_INFINITY;

function whoIsOut(out: readonly Outage[]): string {
  return out.map(({ host, why, until }) => `${host}, ${why}${until < never ? `, until ${at(until)}` : ""}`).join("; ");
}

function placeStatus(place: Place, policy: PoolPolicy, now: Instant) {
  const { host, role, stage, occupied } = place;
  const { name, hostId, zone, state } = host;
  return {
    host: name,
    hostId,
    zone,
    state,
    stage,
    role,
    machine: occupied?.instance.instanceId ?? "",
    image: occupied?.instance.imageId ?? "",
    setUp: setUpWord(place, policy),
    age: occupied ? span(now - occupied.life.startedAt) : "",
    softEnd: occupied ? iso(occupied.life.softEndsAt) : "",
    runner: occupied ? runnerWord(occupied.instance.runner) : "",
  };
}

function missingStatus(host: string, zone: string) {
  const nothing = { stage: "", machine: "", image: "", setUp: "", age: "", softEnd: "", runner: "" } as const;
  return { ...nothing, host, hostId: "", zone, state: "missing", role: "declared" } as const;
}

function setUpWord({ occupied }: Place, policy: PoolPolicy): HostStatus["setUp"] {
  if (!occupied) return "";
  return hasEarlierSetUp(occupied.instance, policy) ? "earlier" : "newest";
}

function runnerWord(runner: NonNullable<Place["occupied"]>["instance"]["runner"]): string {
  if (runner.state !== "registered") return runner.state;
  if (!runner.accepting) return "draining";
  return runner.busy ? "busy" : "idle";
}

/** By host id, or by name for what concerns no host yet. */
function nextByHost(actions: readonly Action[]): Map<string, string> {
  return new Map(
    actions
      .filter(({ kind }) => kind !== "adopt")
      .map((action) => {
        const key = "hostId" in action && action.hostId ? action.hostId : action.hostName;
        return [key, action.kind === "wait" ? action.reason : `${action.kind}: ${action.reason}`];
      }),
  );
}
