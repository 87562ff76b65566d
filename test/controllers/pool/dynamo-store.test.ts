import { deepEqual, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { openDynamoStore } from "../../../controllers/pool/dynamo-store.ts";
import { leaseSeconds } from "../../../controllers/pool/store.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";
import { storeContract } from "./store-contract.ts";
import { createTable, tableClient } from "./table.ts";

let aws: TestAws;
let count = 0;
before(async () => {
  aws = await startTestAws();
});
after(() => aws.close());

async function freshTable(): Promise<string> {
  count += 1;
  const client = tableClient();
  await createTable(client, `pools-${count}`);
  client.destroy();
  return `pools-${count}`;
}

describe("a store in a table", () => {
  storeContract(async () => {
    const table = await freshTable();
    return (now) => openDynamoStore(tableClient(), table, now);
  });
});

test("whoever gets the lease and not the answer finds it its own", async () => {
  const table = await freshTable();
  const client = tableClient({ maxAttempts: 3 });
  let answers = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      answers += 1;
      if (answers === 1) throw Object.assign(new Error("no answer"), { name: "TimeoutError" });
      return answer;
    },
    { step: "deserialize", name: "lost", priority: "high" },
  );
  const store = openDynamoStore(client, table, () => 1000);
  const answer = await store.acquire("a", "us");
  deepEqual(answer, { lease: { pool: "a", holder: "us", fence: 1 } });
  deepEqual(await store.acquire("a", "them"), { heldBy: "us", until: 1000 + leaseSeconds });
  store.close();
});

test("a memory that makes no sense says which item to delete", async () => {
  const table = await freshTable();
  const client = tableClient();
  await client.send(
    new PutItemCommand({
      TableName: table,
      Item: { pk: { S: "a" }, sk: { S: "memory" }, body: { B: gzipSync(`{"lives": 3}`) } },
    }),
  );
  const store = openDynamoStore(client, table, () => 0);
  await rejects(store.load("a"), /Delete the item with pk a and sk memory: the controllers then learn all of it anew/);
  store.close();
});
