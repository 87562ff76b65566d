import type { LedgerEntry } from "../../model/ec2-mac/ledger.ts";
import type { Action, Instant, Outcome, PoolMemory } from "../../model/ec2-mac/types.ts";
import type { UtilizationSample } from "../../model/ec2-mac/utilization.ts";

/** How long a controller may hold a pool without writing anything. Longer than any one action can take. */
export const leaseSeconds = 600;

/** The right to act for a pool. Whoever takes it over gets a higher fence, and writes with a lower one are refused. */
export interface Lease {
  pool: string;
  holder: string;
  fence: number;
}

/** Either the lease, or who has it and until when at the latest. */
export type LeaseAnswer = { lease: Lease } | { heldBy: string; until: Instant };

/** One thing that was decided about a host, or that happened to the pool, and why. */
export interface TimelineEntry {
  /** Writing an entry with the same id again replaces it: an order gets its outcome this way. */
  id: string;
  at: Instant;
  /** Empty for what concerns the whole pool. */
  hostName: string;
  kind: Action["kind"] | "look" | "disable" | "enable";
  reason: string;
  /** `asked` while there is no answer. Missing for what has none, such as waiting. */
  result?: Outcome["result"] | "asked" | undefined;
  /** What the other side said when it did not do as asked. */
  text?: string | undefined;
  hostId?: string | undefined;
  instanceId?: string | undefined;
}

/**
 * Where controllers keep what outlives them. Its own clock says when a lease is over. Writes under a lease are
 * conditional: of two controllers only the one that got the lease last can write, and nothing is done that is not
 * written down first.
 */
export interface PoolStore {
  /** Takes the lease when nobody has it or its time is over. */
  acquire(pool: string, holder: string): Promise<LeaseAnswer>;
  /** Gives the lease back. Does nothing when somebody else has it by now. */
  release(lease: Lease): Promise<void>;
  /** The pool's memory; an empty one when there is none. @throws Error when it is no memory */
  load(pool: string): Promise<PoolMemory>;
  /**
   * Writes memory and entries, and holds the lease for longer. The memory comes last: what it says has been done stands in
   * the timeline, even where there is too much for one transaction and a crash comes in between. @throws LeaseLost
   */
  save(lease: Lease, memory: PoolMemory, entries: readonly TimelineEntry[]): Promise<void>;
  /** Adds to the timeline without a lease: for what people do, and for what prevented a look. */
  note(pool: string, entries: readonly TimelineEntry[]): Promise<void>;
  /** The newest entries, oldest first. */
  timeline(pool: string, which: { hostName?: string | undefined; limit: number }): Promise<TimelineEntry[]>;
  /** The newest entry of each host name. */
  newest(pool: string): Promise<TimelineEntry[]>;
  /** Adds to the utilization series. @throws LeaseLost */
  addSample(lease: Lease, sample: UtilizationSample): Promise<void>;
  /** The utilization series from then on, oldest first. */
  samples(pool: string, since: Instant): Promise<UtilizationSample[]>;
  /** What each host has cost and done; empty when nothing has been accounted for yet. */
  ledger(pool: string): Promise<LedgerEntry[]>;
  /** Writes the whole ledger. @throws LeaseLost */
  saveLedger(lease: Lease, entries: readonly LedgerEntry[]): Promise<void>;
  close(): void;
}

/** How long the timeline and the utilization series are kept. */
export const historySeconds = 90 * 86_400;

/** Somebody else holds the pool by now: whatever this controller meant to do next is theirs to decide. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";

  constructor({ pool, holder }: Lease) {
    super(`${holder} has lost pool ${pool} to another controller`);
  }
}
