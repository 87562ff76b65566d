import { gunzipSync, gzipSync } from "node:zlib";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import { dynamoTable, type Item, type Table, type Write, writesAtOnce } from "../../drivers/dynamodb/table.ts";
import { emptyMemory } from "../../model/ec2-mac/memory.ts";
import type { Instant } from "../../model/ec2-mac/types.ts";
import type { UtilizationSample } from "../../model/ec2-mac/utilization.ts";
import { parseLedger, parseMemory } from "./parse.ts";
import { historySeconds, type Lease, LeaseLost, leaseSeconds, type PoolStore, type TimelineEntry } from "./store.ts";

/**
 * A store in one DynamoDB table, for controllers in AWS. A pool is a partition; its sort keys are `lease`, `memory`,
 * `ledger`, `newest#<host>`, `entry#<moment>#<id>` and `sample#<moment>`. `expiresAt` is the table's TTL. `now` is the
 * clock by which leases end. The client is closed with the store.
 */
export function openDynamoStore(client: DynamoDBClient, tableName: string, now: () => Instant): PoolStore {
  const table = dynamoTable(client, tableName);
  return {
    ...leases(table, now),
    ...memories(table, tableName, now),
    ...timelines(table, now),
    ...records(table),
    close: () => client.destroy(),
  };
}

const leaseItem = z.object({ holder: z.string(), fence: z.number(), heldUntil: z.number() });

function leases(table: Table, now: () => Instant): Pick<PoolStore, "acquire" | "release"> {
  return {
    async acquire(pool, holder) {
      const until = now() + leaseSeconds;
      const { done, item } = await table.update(leaseKey(pool), {
        set: "SET holder = :holder, heldUntil = :until ADD fence :one",
        condition: "attribute_not_exists(pk) OR heldUntil <= :now",
        values: { ":holder": holder, ":until": until, ":now": until - leaseSeconds, ":one": 1 },
      });
      const { fence, ...held } = leaseItem.parse(item);
      // The SDK asks again when an answer got lost, and then finds what it has written itself.
      const isOurs = done || (held.holder === holder && held.heldUntil === until);
      return isOurs ? { lease: { pool, holder, fence } } : { heldBy: held.holder, until: held.heldUntil };
    },
    async release({ pool, fence }) {
      await table.update(leaseKey(pool), {
        set: "SET heldUntil = :over",
        condition: "fence = :fence",
        values: { ":over": 0, ":fence": fence },
      });
    },
  };
}

function memories(table: Table, tableName: string, now: () => Instant): Pick<PoolStore, "load" | "save"> {
  const remedy = (pool: string) => `Delete the item with pk ${pool} and sk memory`;
  return {
    async load(pool) {
      const item = await table.get(pool, "memory");
      return item ? parseMemory(unpack(item), `The table ${tableName}`, remedy(pool)) : emptyMemory;
    },
    async save(lease, memory, entries) {
      const { pool } = lease;
      // The memory comes last: what it says has been done stands in the timeline by then.
      const writes = [...entryWrites(pool, entries), { put: pack(pool, "memory", memory) }];
      await writeUnder(table, lease, holdOn(lease, now), writes);
    },
  };
}

function timelines(table: Table, now: () => Instant): Pick<PoolStore, "note" | "timeline" | "newest"> {
  return {
    async note(pool, entries) {
      for (const part of parts(entryWrites(pool, entries), writesAtOnce)) await table.transact(part);
    },
    async timeline(pool, { hostName, limit }) {
      const slice = { pk: pool, from: `entry#${moment(now() - historySeconds)}`, to: "entry#~", newestFirst: true };
      const where = hostName === undefined ? {} : { where: { hostName } };
      return (await table.query({ ...slice, ...where, limit })).map(parseEntry).reverse();
    },
    async newest(pool) {
      return (await table.query({ pk: pool, from: "newest#", to: "newest#~" })).map(parseEntry);
    },
  };
}

function records(table: Table): Pick<PoolStore, "addSample" | "samples" | "ledger" | "saveLedger"> {
  return {
    async addSample(lease, sample) {
      const { pool } = lease;
      const put = { pk: pool, sk: `sample#${moment(sample.at)}`, expiresAt: sample.at + historySeconds, ...sample };
      await writeUnder(table, lease, checkOf(lease), [{ put }]);
    },
    async samples(pool, since) {
      const found = await table.query({ pk: pool, from: `sample#${moment(since)}`, to: "sample#~" });
      return found.map((item) => sampleItem.parse(item));
    },
    async ledger(pool) {
      const item = await table.get(pool, "ledger");
      return item ? parseLedger(unpack(item)) : [];
    },
    async saveLedger(lease, entries) {
      await writeUnder(table, lease, checkOf(lease), [{ put: pack(lease.pool, "ledger", entries) }]);
    },
  };
}

const sampleItem: z.ZodType<UtilizationSample> = z.object({
  at: z.number(),
  hosts: z.number(),
  ready: z.number(),
  busy: z.number(),
  jobsFinished: z.number(),
});

function leaseKey(pool: string): Item {
  return { pk: pool, sk: "lease" };
}

/** Holds only for the fence's own holder, and for longer from then on. */
function holdOn({ pool, fence }: Lease, now: () => Instant): Write {
  return {
    update: leaseKey(pool),
    set: "SET heldUntil = :until",
    condition: "fence = :fence",
    values: { ":until": now() + leaseSeconds, ":fence": fence },
  };
}

function checkOf({ pool, fence }: Lease): Write {
  return { check: leaseKey(pool), condition: "fence = :fence", values: { ":fence": fence } };
}

/** Writes under a lease. What is too much for one transaction goes into several, each with the lease's proof, in order. */
async function writeUnder(table: Table, lease: Lease, proof: Write, writes: readonly Write[]): Promise<void> {
  for (const part of parts(writes, writesAtOnce - 1))
    if (!(await table.transact([proof, ...part]))) throw new LeaseLost(lease);
}

function parts<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** Each entry, and once more for each host as its newest. A transaction writes no item twice. */
function entryWrites(pool: string, entries: readonly TimelineEntry[]): Write[] {
  const items = new Map<string, Item>();
  for (const entry of entries) {
    const { id, at, hostName } = entry;
    const item = { pk: pool, hostName, at, expiresAt: at + historySeconds, body: JSON.stringify(entry) };
    items.set(`newest#${hostName}`, item);
    items.set(`entry#${moment(at)}#${id}`, item);
  }
  return [...items].map(([sk, item]) => ({ put: { ...item, sk } }));
}

const entryItem = z.object({ body: z.string() });

function parseEntry(item: Item): TimelineEntry {
  // The item was written by this module; its attributes and this text come from one object.
  return JSON.parse(entryItem.parse(item).body) as TimelineEntry;
}

/** An item holds 400 KB; the memory of 200 hosts is larger as it stands and a tenth of it when compressed. */
function pack(pk: string, sk: string, value: unknown): Item {
  return { pk, sk, body: gzipSync(JSON.stringify(value)) };
}

const packedItem = z.object({ body: z.instanceof(Uint8Array) });

function unpack(item: Item): string {
  return gunzipSync(packedItem.parse(item).body).toString("utf8");
}

/** Sorts as text like the moment as a number. */
function moment(at: Instant): string {
  return String(Math.max(0, Math.floor(at))).padStart(12, "0");
}
