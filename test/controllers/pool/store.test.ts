import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { openSqliteStore } from "../../../controllers/pool/sqlite-store.ts";
import {
  type Lease,
  type LeaseAnswer,
  LeaseLost,
  leaseSeconds,
  type PoolStore,
  type TimelineEntry,
} from "../../../controllers/pool/store.ts";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import type { PoolMemory } from "../../../model/ec2-mac/types.ts";

const folder = mkdtempSync(join(tmpdir(), "pool-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let file: string;
let now: number;
/** Two controllers on one computer. */
let one: PoolStore;
let other: PoolStore;
let count = 0;

beforeEach(() => {
  now = 1_000_000;
  count += 1;
  file = join(folder, `${count}`, "pools.sqlite");
  one = openSqliteStore(file, () => now);
  other = openSqliteStore(file, () => now);
});
afterEach(() => {
  one.close();
  other.close();
});

function leaseOf(answer: LeaseAnswer): Lease {
  ok("lease" in answer, "the pool is held");
  return answer.lease;
}

function entry(change: Partial<TimelineEntry> = {}): TimelineEntry {
  const at = change.at ?? now;
  return { id: `${at}/launch/h-1`, at, hostName: "mac-1", kind: "launch", reason: "its host is free", ...change };
}

const memory: PoolMemory = {
  ...emptyMemory,
  since: 5,
  hostIds: { "mac-1": "h-1" },
  lives: [{ kind: "launch", clientToken: "t", hostId: "h-1", imageId: "ami-1", askedAt: 7, result: "asked" }],
  drains: { "i-1": { since: 8, answered: true, way: "terminate", why: "old" } },
};

describe("a lease", () => {
  test("is one controller's until it gives it back", async () => {
    const lease = leaseOf(await one.acquire("a", "first"));
    deepEqual(await other.acquire("a", "second"), { heldBy: "first", until: now + leaseSeconds });
    await one.release(lease);
    ok("lease" in (await other.acquire("a", "second")));
  });

  test("concerns one pool", async () => {
    await one.acquire("a", "first");
    ok("lease" in (await other.acquire("b", "second")));
  });

  test("of a controller that died is over after its time", async () => {
    await one.acquire("a", "first");
    now += leaseSeconds - 1;
    ok("heldBy" in (await other.acquire("a", "second")));
    now += 1;
    ok("lease" in (await other.acquire("a", "second")));
  });

  test("lasts longer with each write", async () => {
    const lease = leaseOf(await one.acquire("a", "first"));
    now += leaseSeconds - 1;
    await one.save(lease, memory, []);
    now += leaseSeconds - 1;
    ok("heldBy" in (await other.acquire("a", "second")));
  });

  test("that somebody took over lets its old holder write nothing and give nothing back", async () => {
    const late = leaseOf(await one.acquire("a", "first"));
    now += leaseSeconds;
    const lease = leaseOf(await other.acquire("a", "second"));
    await rejects(one.save(late, memory, [entry()]), LeaseLost);
    deepEqual(await one.load("a"), emptyMemory);
    deepEqual(await one.timeline("a", { limit: 10 }), []);
    await one.release(late);
    await other.save(lease, memory, []);
    ok("heldBy" in (await one.acquire("a", "third")));
  });
});

describe("what is kept", () => {
  test("is there for the next controller, pool by pool", async () => {
    await one.save(leaseOf(await one.acquire("a", "first")), memory, [entry()]);
    deepEqual(await other.load("a"), memory);
    deepEqual(await other.timeline("a", { limit: 10 }), [entry()]);
    deepEqual(await other.load("b"), emptyMemory);
    deepEqual(await other.timeline("b", { limit: 10 }), []);
  });

  test("an entry gets its outcome in its place", async () => {
    const later = entry({ id: "2", hostName: "mac-2" });
    await one.note("a", [entry({ result: "asked" }), later]);
    await one.note("a", [entry({ result: "done" })]);
    deepEqual(await one.timeline("a", { limit: 10 }), [entry({ result: "done" }), later]);
  });

  test("the timeline gives the newest, of all hosts or of one", async () => {
    const entries = [1, 2, 3, 4].map((n) => entry({ id: String(n), at: n, hostName: `mac-${n % 2}` }));
    await one.note("a", entries);
    const ids = (found: TimelineEntry[]) => found.map(({ id }) => id);
    deepEqual(ids(await one.timeline("a", { limit: 2 })), ["3", "4"]);
    deepEqual(ids(await one.timeline("a", { hostName: "mac-1", limit: 9 })), ["1", "3"]);
    deepEqual(ids(await one.newest("a")).sort(), ["3", "4"]);
  });

  test("three months of the timeline", async () => {
    const lease = leaseOf(await one.acquire("a", "first"));
    await one.save(lease, memory, [entry({ id: "old", at: now - 91 * 86_400 }), entry()]);
    deepEqual(await one.timeline("a", { limit: 10 }), [entry()]);
  });
});

describe("the file", () => {
  test("is its owner's alone, with all that SQLite puts beside it", async () => {
    await one.note("a", [entry()]);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) equal(statSync(name).mode & 0o777, 0o600);
  });

  test("that is something else is refused by name", () => {
    const strange = join(folder, "strange");
    writeFileSync(strange, "this is a text and no database, and longer than a header");
    throws(() => openSqliteStore(strange, () => now), /strange cannot be used to store pools: file is not a database/);
  });

  test("of a newer version is refused", () => {
    const newer = join(folder, "newer");
    const database = new DatabaseSync(newer);
    database.exec("PRAGMA user_version = 99");
    database.close();
    throws(() => openSqliteStore(newer, () => now), /it was written by a newer version/);
  });

  test("with a memory that makes no sense says what to do", async () => {
    const database = new DatabaseSync(file);
    database.exec(`INSERT INTO memories VALUES ('a', '{"lives": 3}')`);
    database.close();
    await rejects(one.load("a"), /Remove the file: the controllers then learn all of it anew/);
  });
});
