import { decide } from "../../model/ec2-mac/decide.ts";
import { withJobCounts } from "../../model/ec2-mac/jobs.ts";
import { learn } from "../../model/ec2-mac/learn.ts";
import { intend, record } from "../../model/ec2-mac/memory.ts";
import type { PoolPolicy } from "../../model/ec2-mac/policy.ts";
import type { Action, Decision, Instant, Observed, Outcome, PoolMemory } from "../../model/ec2-mac/types.ts";
import { keepAccounts } from "./account.ts";
import { act } from "./act.ts";
import { observe } from "./observe.ts";
import type { Pool } from "./pool.ts";
import { entryOf, failedLook, newsAmong } from "./record.ts";
import type { Lease, PoolStore, TimelineEntry } from "./store.ts";
import { keepUp } from "./upkeep.ts";

/** What was seen of a pool and what follows from it. Nothing has been done yet. */
export interface Considered {
  /** With the memory as it is after the look. */
  observed: Observed;
  policy: PoolPolicy;
  now: Instant;
  /** What was remembered before the look. */
  before: PoolMemory;
  decision: Decision;
}

/** A look that has been carried out. */
export interface Looked extends Considered {
  /** What is remembered after it. */
  after: PoolMemory;
  /** How much of what is kept in order beside the machines could not be: credentials, scheduled ends, the count of jobs. */
  choresFailed: number;
}

/** Looks and decides. Changes nothing, neither in AWS nor in the store. @throws DriverError when it could not look */
export async function consider(
  pool: Pool,
  store: PoolStore,
  forceStart: boolean,
  signal: AbortSignal,
): Promise<Considered> {
  const policy = { ...pool.policy, ...(await pool.newLives(signal)) };
  const before = await store.load(pool.id);
  const seen = await observe(pool, before, forceStart, signal);
  const now = pool.clock.now();
  const memory = learn(seen, policy, now);
  const observed = { ...seen, instances: withJobCounts(seen.instances, memory.jobs), memory };
  return { observed, policy, now, before, decision: decide(observed, policy, now) };
}

/** How to look. */
export interface LookOptions {
  /** Who is looking, for whoever finds the pool held. */
  holder: string;
  /** Fill all free hosts at once. */
  forceStart?: boolean;
  /** Do only actions of these kinds; all, if missing. */
  only?: ReadonlySet<Action["kind"]>;
  /** Hears of each new entry in the timeline as it is settled. */
  tell?: (entry: TimelineEntry) => void;
}

/** Somebody else acts for the pool now. */
export interface Held {
  heldBy: string;
  /** When the lease ends by itself, by the store's clock. */
  until: Instant;
}

/** True when the pool was held by somebody else. */
export function isHeld(answer: object): answer is Held {
  return "heldBy" in answer;
}

/**
 * Looks at the pool once and does what is to be done, one action after another. Can be killed at any moment: the next
 * look finishes what this one began.
 * @throws DriverError when it could not look, LeaseLost when another controller has taken over
 */
export async function look(
  pool: Pool,
  store: PoolStore,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Looked | Held> {
  return underLease(pool, store, options.holder, async (lease) => {
    const considered = await consider(pool, store, options.forceStart ?? false, signal);
    const { actions } = considered.decision;
    const waits = actions.filter(({ kind }) => kind === "wait").map((action) => entryOf(action, considered.now));
    const news = newsAmong(waits, await store.newest(pool.id));
    let { memory } = considered.observed;
    await store.save(lease, memory, news);
    await keepAccounts(store, lease, considered);
    for (const entry of news) options.tell?.(entry);
    for (const action of actions) {
      if (signal.aborted) break;
      if (action.kind === "wait" || options.only?.has(action.kind) === false) continue;
      memory = (await carryOut({ pool, store, lease, considered, tell: options.tell }, memory, action, signal)).memory;
    }
    const looked = { ...considered, after: memory };
    if (options.only) return { ...looked, choresFailed: 0 };
    const failures = [...uncounted(considered), ...(await keepUp(pool, looked, signal))];
    await tellTrouble(pool, store, options, failures);
    return { ...looked, choresFailed: failures.length };
  });
}

/** Why the jobs that wait were not counted. */
function uncounted({ observed: { waitingJobs } }: Considered): string[] {
  return typeof waitingJobs === "object" ? [waitingJobs.why] : [];
}

/** Trouble with credentials, schedules and counts harms no machine at once. */
async function tellTrouble(pool: Pool, store: PoolStore, { tell }: LookOptions, failures: string[]): Promise<void> {
  const [first] = failures;
  if (first === undefined) return;
  const reason = failures.length === 1 ? first : `${first} (and ${failures.length - 1} more)`;
  await tellOnce(pool, store, reason, tell);
}

/** Notes what concerns the whole pool, once while it lasts. */
export async function tellOnce(pool: Pool, store: PoolStore, reason: string, tell: LookOptions["tell"]): Promise<void> {
  const news = newsAmong([failedLook(pool.clock.now(), reason)], await store.newest(pool.id));
  await store.note(pool.id, news);
  for (const entry of news) tell?.(entry);
}

/** Runs `work` with the lease, or says who has it. */
export async function underLease<T>(
  pool: Pool,
  store: PoolStore,
  holder: string,
  work: (lease: Lease) => Promise<T>,
): Promise<T | Held> {
  const answer = await store.acquire(pool.id, holder);
  if (isHeld(answer)) return answer;
  try {
    return await work(answer.lease);
  } finally {
    // Should this fail too, the lease ends by itself; what went wrong before matters more.
    await store.release(answer.lease).catch(() => undefined);
  }
}

/** Within what an action is done. */
export interface Surroundings {
  pool: Pool;
  store: PoolStore;
  lease: Lease;
  considered: Considered;
  tell: LookOptions["tell"];
}

/**
 * Does one action: writes down that it is meant, does it, writes down what became of it. A crash before the first
 * leaves nothing; one after it leaves an order that is given again with the same token.
 */
export async function carryOut(
  { pool, store, lease, considered, tell }: Surroundings,
  memory: PoolMemory,
  action: Action,
  signal: AbortSignal,
): Promise<{ memory: PoolMemory; outcome: Outcome }> {
  const at = pool.clock.now();
  const meant = intend(memory, action, at);
  await store.save(lease, meant, [entryOf(action, at)]);
  const outcome = await act(pool, action, considered.observed.hosts, signal);
  const settled = record(meant, action, outcome, pool.clock.now());
  const entry = entryOf(action, at, outcome);
  await store.save(lease, settled, [entry]);
  tell?.(entry);
  return { memory: settled, outcome };
}
