import { poolReadyTag } from "../plan/ec2-mac.ts";
import { wait } from "./actions.ts";
import { capacityPauseSeconds } from "./capacity.ts";
import { softLifeTags } from "./drain.ts";
import { forcedSoftLifeTags } from "./force-start.ts";
import { isOnProbation, type Pause } from "./image-breaker.ts";
import { livesOn } from "./lives.ts";
import { setUpScriptTags, staggerSecondsOf } from "./policy.ts";
import { launchRoom } from "./sizing.ts";
import type { Action, Instant, LaunchAction, LifeRecord, PoolMemory, Tags, WaitAction } from "./types.ts";
import { ordersFrom, type Place, type View } from "./view.ts";
import { at, span } from "./words.ts";

/** Fills free hosts: one at a time, so that lifetimes stay apart, or all at once when a person says so. */
export function launches(view: View, busyElsewhere: ReadonlySet<string>): Action[] {
  const free = view.places
    .filter((place) => place.stage === "free" && place.role === "declared" && !busyElsewhere.has(place.host.hostId))
    .sort((a, b) => freeSince(a, view) - freeSince(b, view));
  if (free.length === 0) return [];
  // What is launched because it is paid for should be what is paid for.
  if (view.size) free.sort((a, b) => b.host.allocatedAt - a.host.allocatedAt);
  let hold = holdForAll(view);
  let slots = slotsNow(view);
  let room = launchRoom(view, free);
  return free.map((place, index) => {
    const own = repeatOrHold(place, lastLife(view.memory, place.host.hostId), view);
    if (own) return own;
    if (room-- <= 0) return wait(place, view.now + view.policy.launchLoopSeconds, "no more runners are wanted now");
    if (hold) return wait(place, hold.until, hold.reason);
    if (--slots <= 0) hold = holdAfterLaunch(view);
    const softLife = view.forceStart
      ? forcedSoftLifeTags(view.policy, index, free.length)
      : softLifeTags(view, place.host.hostId, view.now);
    return launch(place, view, softLife);
  });
}

/** Whoever has waited longest comes first: by chance alone one of many would now and then wait for a day. */
function freeSince({ host }: Place, { memory, now }: View): Instant {
  return memory.hostStates[host.hostId]?.since ?? now;
}

/** From when on a host may get an instance; now, where nothing holds launches. */
export function launchesFrom(view: View): Instant {
  return holdForAll(view)?.until ?? view.now;
}

/** Why no host at all gets an instance now; undefined when one may. */
function holdForAll(view: View): Pause | undefined {
  const { now, policy, pause, forceStart } = view;
  if (now < ordersFrom(view)) return { until: ordersFrom(view), reason: "the controller has just begun to remember" };
  if (pause) return pause;
  return forceStart || view.size ? undefined : stagger(lastLaunchAt(view) + staggerSecondsOf(policy), view);
}

/** How many may go at once: more than one where the stagger is shorter than the time between two looks. */
function slotsNow(view: View): number {
  const { now, policy } = view;
  if (isOnProbation(view.memory, policy.imageId, policy)) return 1;
  const passed = Math.min(policy.setUpLoopSeconds, now - lastLaunchAt(view));
  return Math.max(1, Math.floor(passed / staggerSecondsOf(policy)));
}

/** Why the next host does not get one too. */
function holdAfterLaunch({ now, policy, memory, forceStart, size }: View): Pause | undefined {
  if (isOnProbation(memory, policy.imageId, policy))
    return { until: now + policy.launchLoopSeconds, reason: "another one is being tried first" };
  return forceStart || size ? undefined : stagger(now + staggerSecondsOf(policy), { now, policy });
}

function stagger(nextAt: Instant, { now, policy }: Pick<View, "now" | "policy">): Pause | undefined {
  if (now >= nextAt) return undefined;
  const reason = `next launch at ${at(nextAt)}: one every ${span(staggerSecondsOf(policy))} keeps lifetimes apart`;
  return { until: nextAt, reason };
}

/**
 * When anything of the pool was last launched. Launches count whatever has become of them, so an instance that dies at
 * once does not let the next one go; an order that found no room never was a launch.
 */
function lastLaunchAt({ instances, memory }: View): Instant {
  let last = 0;
  for (const { launchedAt } of instances) last = Math.max(last, launchedAt);
  for (const life of memory.lives)
    if (life.kind === "launch" && life.result !== "refused") last = Math.max(last, life.askedAt);
  return last;
}

/** What an earlier launch on this host means: its answer got lost, it is not shown yet, or it found no room. */
function repeatOrHold(place: Place, known: LifeRecord | undefined, view: View): Action | undefined {
  const { now, policy } = view;
  if (known?.kind !== "launch") return undefined;
  if (known.result === "asked") return repeat(place, known, view);
  if (known.result === "refused") return refusalHold(place, known, view);
  const shownBy = (known.resultAt ?? known.askedAt) + policy.settleSeconds;
  if (known.result !== "running" || now >= shownBy) return undefined;
  return wait(place, shownBy, `launched at ${at(known.askedAt)} and not shown yet`);
}

function repeat(place: Place, known: LifeRecord, view: View): LaunchAction {
  const reason = `asked at ${at(known.askedAt)} and no answer came: asked again with the same token`;
  const anew = launch(place, view, softLifeTags(view, place.host.hostId, known.askedAt));
  const { imageId, clientToken, tags = anew.tags } = known;
  return { ...anew, imageId, clientToken, tags, reason };
}

/** AWS shows a host as available some minutes before it takes a launch. */
function refusalHold(place: Place, known: LifeRecord, { memory, now, policy }: View): WaitAction | undefined {
  const times = refusalsInARow(memory, place.host.hostId);
  const until = known.askedAt + capacityPauseSeconds(times, policy);
  return now < until ? wait(place, until, `it had no room at ${at(known.askedAt)}; tried again later`) : undefined;
}

function refusalsInARow({ lives }: PoolMemory, hostId: string): number {
  const onHost = livesOn(hostId, lives).filter(({ kind }) => kind === "launch");
  return onHost.length - 1 - onHost.findLastIndex(({ result }) => result !== "refused");
}

function launch({ host }: Place, { policy, now }: View, tags: Tags): LaunchAction {
  return {
    kind: "launch",
    hostName: host.name,
    hostId: host.hostId,
    imageId: policy.imageId,
    clientToken: `life-${host.hostId}-${now}`,
    tags: { ...policy.mark, Name: host.name, [poolReadyTag]: "true", ...tags, ...setUpScriptTags(policy) },
    reason: "its host is free",
  };
}

function lastLife({ lives }: PoolMemory, hostId: string): LifeRecord | undefined {
  return livesOn(hostId, lives).at(-1);
}
