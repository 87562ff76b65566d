import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { emptyMemory } from "../../model/ec2-mac/memory.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import type { UtilizationSample } from "../../model/ec2-mac/utilization.ts";
import { parseLedger, parseMemory } from "./parse.ts";
import { historySeconds, LeaseLost, leaseSeconds, type PoolStore, type TimelineEntry } from "./store.ts";

const schemaVersion = 1;
const busyMilliseconds = 10_000;

const schema = `
  CREATE TABLE IF NOT EXISTS leases (pool TEXT PRIMARY KEY, holder TEXT, fence INTEGER, expires_at INTEGER) STRICT;
  CREATE TABLE IF NOT EXISTS memories (pool TEXT PRIMARY KEY, body TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS timeline (
    sequence INTEGER PRIMARY KEY, pool TEXT, id TEXT, at INTEGER, host_name TEXT, body TEXT, UNIQUE (pool, id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS ledgers (pool TEXT PRIMARY KEY, body TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS samples (pool TEXT, at INTEGER, body TEXT, PRIMARY KEY (pool, at)) STRICT;
  CREATE INDEX IF NOT EXISTS timeline_of_host ON timeline (pool, host_name, sequence);
  PRAGMA user_version = ${schemaVersion};
`;

/**
 * A store in one file, for controllers on one computer. `now` is the clock by which leases end.
 * @throws Error when the file is not such a store, or one of a newer version
 */
export function openSqliteStore(file: string, now: () => Instant): PoolStore {
  const database = openPrivately(file);
  return {
    ...leases(database, now),
    ...memories(database, file, now),
    ...timelines(database),
    ...records(database),
    close: () => database.close(),
  };
}

/** SQLite gives the files beside a database the database's own permissions. */
function openPrivately(file: string): DatabaseSync {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
  const database = new DatabaseSync(file, { timeout: busyMilliseconds });
  try {
    database.exec("PRAGMA journal_mode = WAL");
    const version = z.object({ user_version: z.number() }).parse(database.prepare("PRAGMA user_version").get());
    if (version.user_version > schemaVersion) throw new Error("it was written by a newer version");
    database.exec(schema);
  } catch (error) {
    database.close();
    throw new Error(`${file} cannot be used to store pools: ${error instanceof Error ? error.message : error}`);
  }
  return database;
}

const leaseRow = z.object({ holder: z.string(), expires_at: z.number() });
const fenceRow = z.object({ fence: z.number() });

function leases(database: DatabaseSync, now: () => Instant): Pick<PoolStore, "acquire" | "release"> {
  const take = database.prepare(`
    INSERT INTO leases (pool, holder, fence, expires_at) VALUES (:pool, :holder, 1, :expiresAt)
    ON CONFLICT (pool) DO UPDATE SET holder = :holder, fence = fence + 1, expires_at = :expiresAt
    WHERE leases.expires_at <= :now RETURNING fence`);
  const holderOf = database.prepare("SELECT holder, expires_at FROM leases WHERE pool = ?");
  const giveBack = database.prepare("UPDATE leases SET expires_at = 0 WHERE pool = ? AND fence = ?");
  return {
    async acquire(pool, holder) {
      const taken = take.get({ pool, holder, now: now(), expiresAt: now() + leaseSeconds });
      if (taken) return { lease: { pool, holder, fence: fenceRow.parse(taken).fence } };
      const held = leaseRow.parse(holderOf.get(pool));
      return { heldBy: held.holder, until: held.expires_at };
    },
    async release({ pool, fence }) {
      giveBack.run(pool, fence);
    },
  };
}

const bodyRow = z.object({ body: z.string() });

function memories(database: DatabaseSync, file: string, now: () => Instant): Pick<PoolStore, "load" | "save"> {
  const find = database.prepare("SELECT body FROM memories WHERE pool = ?");
  const hold = database.prepare("UPDATE leases SET expires_at = ? WHERE pool = ? AND fence = ?");
  const write = database.prepare("INSERT OR REPLACE INTO memories (pool, body) VALUES (?, ?)");
  const forget = database.prepare("DELETE FROM timeline WHERE pool = ? AND at < ?");
  return {
    async load(pool) {
      const found = find.get(pool);
      return found ? parseMemory(bodyRow.parse(found).body, file, "Remove the file") : emptyMemory;
    },
    async save(lease, memory, entries) {
      atomically(database, () => {
        if (hold.run(now() + leaseSeconds, lease.pool, lease.fence).changes === 0) throw new LeaseLost(lease);
        write.run(lease.pool, JSON.stringify(memory));
        addEntries(database, lease.pool, entries);
        for (const { at } of entries.slice(-1)) forget.run(lease.pool, at - historySeconds);
      });
    },
  };
}

function records(database: DatabaseSync): Pick<PoolStore, "addSample" | "samples" | "ledger" | "saveLedger"> {
  const fenced = "SELECT 1 FROM leases WHERE pool = :pool AND fence = :fence";
  const add = database.prepare(
    `INSERT OR REPLACE INTO samples (pool, at, body) SELECT :pool, :at, :body WHERE EXISTS (${fenced})`,
  );
  const forget = database.prepare("DELETE FROM samples WHERE pool = ? AND at < ?");
  const since = database.prepare("SELECT body FROM samples WHERE pool = ? AND at >= ? ORDER BY at");
  const find = database.prepare("SELECT body FROM ledgers WHERE pool = ?");
  const write = database.prepare(
    `INSERT OR REPLACE INTO ledgers (pool, body) SELECT :pool, :body WHERE EXISTS (${fenced})`,
  );
  return {
    async addSample(lease, sample) {
      const { pool, fence } = lease;
      const row = { pool, fence, at: sample.at, body: JSON.stringify(sample) };
      if (add.run(row).changes === 0) throw new LeaseLost(lease);
      forget.run(pool, sample.at - historySeconds);
    },
    async samples(pool, from) {
      // The rows were written by this module.
      return since.all(pool, from).map((row) => JSON.parse(bodyRow.parse(row).body) as UtilizationSample);
    },
    async ledger(pool) {
      const found = find.get(pool);
      return found ? parseLedger(bodyRow.parse(found).body) : [];
    },
    async saveLedger(lease, entries) {
      const { pool, fence } = lease;
      if (write.run({ pool, fence, body: JSON.stringify(entries) }).changes === 0) throw new LeaseLost(lease);
    },
  };
}

function timelines(database: DatabaseSync): Pick<PoolStore, "note" | "timeline" | "newest"> {
  const last = database.prepare(
    "SELECT body FROM timeline WHERE pool = :pool AND (:host IS NULL OR host_name = :host) ORDER BY sequence DESC LIMIT :limit",
  );
  const ofEach = database.prepare(
    "SELECT body FROM timeline WHERE sequence IN (SELECT MAX(sequence) FROM timeline WHERE pool = ? GROUP BY host_name)",
  );
  return {
    async note(pool, entries) {
      atomically(database, () => addEntries(database, pool, entries));
    },
    async timeline(pool, { hostName = null, limit }) {
      return last.all({ pool, host: hostName, limit }).map(parseEntry).reverse();
    },
    async newest(pool) {
      return ofEach.all(pool).map(parseEntry);
    },
  };
}

function addEntries(database: DatabaseSync, pool: string, entries: readonly TimelineEntry[]): void {
  const add = database.prepare(`
    INSERT INTO timeline (pool, id, at, host_name, body) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (pool, id) DO UPDATE SET body = excluded.body`);
  for (const entry of entries) add.run(pool, entry.id, entry.at, entry.hostName, JSON.stringify(entry));
}

function parseEntry(row: unknown): TimelineEntry {
  // The row was written by this module; its columns and this text come from one object.
  return JSON.parse(bodyRow.parse(row).body) as TimelineEntry;
}

/** Takes SQLite's one write lock first, so that nothing changes between what is checked and what is written. */
function atomically(database: DatabaseSync, write: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    write();
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
