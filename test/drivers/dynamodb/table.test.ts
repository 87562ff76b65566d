import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DynamoDBClient, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { dynamoTable, type Table } from "../../../drivers/dynamodb/table.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { createTable, tableClient } from "../../controllers/pool/table.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";

let aws: TestAws;
let client: DynamoDBClient;
let table: Table;
before(async () => {
  aws = await startTestAws();
  client = tableClient();
  await createTable(client, "things");
  table = dynamoTable(client, "things");
});
after(async () => {
  client.destroy();
  await aws.close();
});

test("an item comes back as it was put: texts, numbers and bytes", async () => {
  const item = { pk: "a", sk: "1", text: "", count: 1.5, bytes: new Uint8Array([0, 255]) };
  ok(await table.transact([{ put: item }]));
  const { bytes, ...rest } = (await table.get("a", "1")) ?? {};
  deepEqual(rest, { pk: "a", sk: "1", text: "", count: 1.5 });
  deepEqual([...(bytes as Uint8Array)], [0, 255]);
  equal(await table.get("a", "2"), undefined);
});

test("a transaction whose condition does not hold writes nothing", async () => {
  const check = { check: { pk: "a", sk: "lock" }, condition: "fence = :f", values: { ":f": 1 } };
  equal(await table.transact([check, { put: { pk: "a", sk: "not" } }]), false);
  equal(await table.get("a", "not"), undefined);
});

test("a change whose condition does not hold tells what is there", async () => {
  const change = { set: "SET holder = :h", condition: "attribute_not_exists(pk)", values: { ":h": "first" } };
  deepEqual(await table.update({ pk: "b", sk: "1" }, change), {
    done: true,
    item: { pk: "b", sk: "1", holder: "first" },
  });
  const second = await table.update({ pk: "b", sk: "1" }, { ...change, values: { ":h": "second" } });
  deepEqual(second, { done: false, item: { pk: "b", sk: "1", holder: "first" } });
});

test("a slice is read to its end, over pages, from either side, with a filter", async () => {
  const large = "x".repeat(300_000);
  for (let n = 1; n <= 6; n++)
    await table.transact([{ put: { pk: "c", sk: `s#${n}`, even: n % 2 ? "no" : "yes", large } }]);
  await table.transact([{ put: { pk: "c", sk: "t#1" } }]);
  const slice = { pk: "c", from: "s#", to: "s#~" };
  const keys = async (more: object) => (await table.query({ ...slice, ...more })).map(({ sk }) => sk);
  deepEqual(await keys({}), ["s#1", "s#2", "s#3", "s#4", "s#5", "s#6"]);
  deepEqual(await keys({ newestFirst: true, limit: 2 }), ["s#6", "s#5"]);
  deepEqual(await keys({ newestFirst: true, where: { even: "yes" }, limit: 2 }), ["s#6", "s#4"]);
});

for (const [code, attempts] of [
  ["TransactionConflict", 5],
  ["ThrottlingError", 5],
  ["ProvisionedThroughputExceeded", 5],
  ["ValidationError", 1],
] as const)
  test(`a transaction cancelled for ${code} is tried ${attempts > 1 ? "again, and not for ever" : "once"}`, async () => {
    let calls = 0;
    const stubborn = (cancellations: number) =>
      ({
        send: async () => {
          calls += 1;
          if (calls > cancellations) return {};
          const CancellationReasons = [{ Code: "None" }, { Code: code }];
          throw new TransactionCanceledException({ message: "cancelled", $metadata: {}, CancellationReasons });
        },
      }) as unknown as DynamoDBClient;
    ok(await dynamoTable(stubborn(attempts - 1), "things").transact([{ put: { pk: "d", sk: "1" } }]));
    equal(calls, attempts);
    calls = 0;
    await rejects(dynamoTable(stubborn(99), "things").transact([{ put: { pk: "d", sk: "1" } }]), /cancelled/);
    equal(calls, attempts);
  });

test("a table that is not there is told", async () => {
  await rejects(dynamoTable(client, "none").get("a", "1"), (error) => isFailure(error, "not-found"));
});
