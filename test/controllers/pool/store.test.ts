import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { openSqliteStore } from "../../../controllers/pool/sqlite-store.ts";
import type { PoolStore } from "../../../controllers/pool/store.ts";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import { storeContract } from "./store-contract.ts";

const folder = mkdtempSync(join(tmpdir(), "pool-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

function freshFile(): string {
  count += 1;
  return join(folder, `${count}`, "pools.sqlite");
}

describe("a store in a file", () => {
  storeContract(async () => {
    const file = freshFile();
    return (now) => openSqliteStore(file, now);
  });
});

describe("the file", () => {
  const now = 1_000_000_000;
  let file: string;
  let one: PoolStore;
  beforeEach(() => {
    file = freshFile();
    one = openSqliteStore(file, () => now);
  });
  afterEach(() => one.close());

  test("is its owner's alone, with all that SQLite puts beside it", async () => {
    await one.note("a", [{ id: "1", at: now, hostName: "mac-1", kind: "launch", reason: "its host is free" }]);
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

  test("of an older version has counted no jobs yet", async () => {
    const { jobs: _, ...older } = emptyMemory;
    const database = new DatabaseSync(file);
    database.prepare("INSERT INTO memories VALUES ('a', ?)").run(JSON.stringify(older));
    database.close();
    deepEqual(await one.load("a"), emptyMemory);
  });
});
