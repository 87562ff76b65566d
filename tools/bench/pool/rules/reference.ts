import { shuffled } from "../../../../model/ec2-mac/chance.ts";
import { hour, minute } from "../hours.ts";
import type { Host, Moment, Order, Pool, Rule } from "../types.ts";
import { promisedOf } from "./ours.ts";

/** The constants of the reference pool (containers/automation mac_pw_pool, pw_lib.sh). */
const constants = {
  createStaggerSeconds: 2 * hour,
  maxSeconds: 24 * hour,
  maxTasks: 24,
  minAlive: 3,
  launchLoopSeconds: 10 * minute,
  setUpLoopSeconds: 5 * minute,
} as const;

/** Between two launches of the reference pool. */
export const referenceStaggerSeconds = constants.createStaggerSeconds;

/** A pool start is forced for this long: then all hosts of a new pool are launched and set up. */
const startSeconds = hour;

interface Memory {
  /** Workers that the last run listed, alive or not; this count stands in for those alive. */
  workers: number;
  /** The soft life of the worker that was set up last at a forced start. */
  forcedLifeSeconds: number;
}

/**
 * The reference pool: every recycle is a terminate and so a full scrub. One loop launches a free host every 2 hours at
 * most, another sets up and ends workers; each Mac shuts itself down 24 hours after its set-up began.
 */
export function referencePool(
  hosts: number,
  seed: number,
  staggerSeconds: number = referenceStaggerSeconds,
): Rule<Memory> {
  return {
    name: "reference pool",
    wakesOn: [],
    gives: "last-idle",
    promised: promisedOf(hosts),
    setsUpByScript: true,
    memory: { workers: 0, forcedLifeSeconds: constants.maxSeconds },
    decide(pool, memory) {
      const lookAt = pool.now + constants.setUpLoopSeconds;
      if (pool.now === 0) return { orders: allocations(hosts), memory, lookAt };
      const isLaunchTime = pool.now % constants.launchLoopSeconds === 0;
      const workers = setUpLoop(pool, memory);
      const launches = isLaunchTime ? launchLoop(pool, seed, staggerSeconds) : [];
      return { orders: [...launches, ...workers.orders], memory: workers.memory, lookAt };
    },
  };
}

function allocations(hosts: number): Order[] {
  return Array.from({ length: hosts }, () => ({ kind: "allocate", launch: false }));
}

/** LaunchInstances.sh: the stagger counts from the newest launch among running instances. */
function launchLoop({ hosts, available, now }: Pool, seed: number, staggerSeconds: number): Order[] {
  if (available.length === 0) return [];
  if (now <= startSeconds) return available.map((host) => ({ kind: "launch", host }));
  let newest = Number.NEGATIVE_INFINITY;
  for (const host of hosts) if (isRunning(host)) newest = Math.max(newest, host.launchedAt);
  if (now < newest + staggerSeconds) return [];
  const [host] = shuffled(available, seed + now);
  return host ? [{ kind: "launch", host }] : [];
}

/** SetupInstances.sh: sets up what can be reached, and ends what is too old or has done too many tasks. */
function setUpLoop({ hosts, now }: Pool, memory: Memory): { orders: Order[]; memory: Memory } {
  const orders: Order[] = [];
  const running = hosts.filter(isRunning);
  let { forcedLifeSeconds } = memory;
  for (const host of running) {
    if (now - host.launchedAt > 2 * constants.maxSeconds) orders.push({ kind: "terminate", host });
    else if (host.state === "booted") {
      forcedLifeSeconds = now <= startSeconds ? nextForcedLife(forcedLifeSeconds) : constants.maxSeconds;
      orders.push({ kind: "set-up", host, softEndsAt: now + forcedLifeSeconds });
    } else if (host.jobsDone > constants.maxTasks && memory.workers > constants.minAlive)
      orders.push({ kind: "terminate", host });
  }
  return { orders, memory: { workers: running.length, forcedLifeSeconds } };
}

/** Lives of 22, 20, ... 4 hours, then 22 again. */
function nextForcedLife(last: Moment): Moment {
  return last <= 4 * hour ? 22 * hour : last - 2 * hour;
}

function isRunning({ state }: Readonly<Host>): boolean {
  return state === "booting" || state === "booted" || state === "setting-up" || state === "ready";
}
