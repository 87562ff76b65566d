import { setTimeout as delay } from "node:timers/promises";
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type ServiceKinds, serviceCall } from "../aws/service-call.ts";
import { DriverError, isFailure } from "../errors.ts";

/** Error codes of the DynamoDB API reference. */
const kinds: ServiceKinds = {
  ResourceNotFoundException: "not-found",
  ProvisionedThroughputExceededException: "rate-limited",
  TransactionConflictException: "rate-limited",
  TransactionInProgressException: "rate-limited",
  ValidationException: "invalid-argument",
  ItemCollectionSizeLimitExceededException: "quota-exceeded",
};

/** An item without its types: texts, numbers and bytes. */
export type Item = Readonly<Record<string, string | number | Uint8Array>>;

/** One write of several that are done together. */
export type Write = { put: Item } | ({ update: Item } & Change) | { check: Item; condition: string; values: Item };

/** What becomes of an item, in DynamoDB's expressions. Words that it reserves are not used in keys here. */
export interface Change {
  set: string;
  condition: string;
  values: Item;
}

/** Which items of a partition to read. */
export interface Slice {
  pk: string;
  /** Sort keys from this one on, this one included. */
  from: string;
  /** Up to this one, included. */
  to: string;
  newestFirst?: boolean;
  /** Only items with these attributes. */
  where?: Item;
  limit?: number;
}

/** A table with the keys `pk` and `sk`. Failures are DriverErrors; a condition that does not hold is an answer. */
export interface Table {
  get(pk: string, sk: string, signal?: AbortSignal): Promise<Item | undefined>;
  query(slice: Slice, signal?: AbortSignal): Promise<Item[]>;
  /** Changes one item. @returns the item after it, or what is there when the condition does not hold */
  update(key: Item, change: Change, signal?: AbortSignal): Promise<{ done: boolean; item: Item }>;
  /** All or nothing; at most 100 writes. @returns false when a condition did not hold, and nothing was written */
  transact(writes: readonly Write[], signal?: AbortSignal): Promise<boolean>;
}

/**
 * Why a transaction is cancelled that would go through a moment later: somebody else was writing one of the items, or the
 * table is busy. The SDK leaves it to us to try again (TransactWriteItems in the API reference).
 */
const passing: ReadonlySet<string> = new Set([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);
const transactAttempts = 5;
const transactPauseMilliseconds = 100;

/** A transaction takes this many writes. */
export const writesAtOnce = 100;

/** Speaks to one table. */
export function dynamoTable(client: DynamoDBClient, tableName: string): Table {
  const TableName = tableName;
  return {
    async get(pk, sk, signal) {
      const input: GetItemCommandInput = { TableName, Key: toItem({ pk, sk }), ConsistentRead: true };
      const command = new GetItemCommand(input);
      const answer = await ask(`read the table ${tableName}`, signal, (options) => client.send(command, options));
      return answer.Item && fromItem(answer.Item);
    },
    async query(slice, signal) {
      const found: Item[] = [];
      let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
      do {
        const command = new QueryCommand({
          TableName,
          ...queryOf(slice),
          ...(ExclusiveStartKey && { ExclusiveStartKey }),
        });
        const answer = await ask(`query the table ${tableName}`, signal, (options) => client.send(command, options));
        found.push(...(answer.Items ?? []).map(fromItem));
        ExclusiveStartKey = answer.LastEvaluatedKey;
      } while (ExclusiveStartKey && found.length < (slice.limit ?? Number.POSITIVE_INFINITY));
      return found.slice(0, slice.limit);
    },
    async update(key, { set, condition, values }, signal) {
      const command = new UpdateItemCommand({
        TableName,
        Key: toItem(key),
        UpdateExpression: set,
        ConditionExpression: condition,
        ExpressionAttributeValues: toItem(values),
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      });
      try {
        const answer = await ask(`update the table ${tableName}`, signal, (options) => client.send(command, options));
        return { done: true, item: fromItem(answer.Attributes ?? {}) };
      } catch (error) {
        const { cause } = error as { cause?: unknown };
        if (!(cause instanceof ConditionalCheckFailedException)) throw error;
        return { done: false, item: fromItem(cause.Item ?? {}) };
      }
    },
    async transact(writes, signal) {
      const command = new TransactWriteItemsCommand({ TransactItems: writes.map((write) => itemOf(TableName, write)) });
      for (let attempt = 1; ; attempt += 1) {
        try {
          await ask(`write to the table ${tableName}`, signal, (options) => client.send(command, options));
          return true;
        } catch (error) {
          const codes = cancellationCodes(error);
          if (codes.has("ConditionalCheckFailed")) return false;
          if (![...codes].some((code) => passing.has(code)) || attempt === transactAttempts) throw error;
          await delay(transactPauseMilliseconds * attempt, undefined, { signal }).catch(() => undefined);
        }
      }
    },
  };
}

/** A call that says what to do where there is no table. */
async function ask<T>(
  what: string,
  signal: AbortSignal | undefined,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    return await serviceCall(what, kinds, signal, send);
  } catch (error) {
    if (!isFailure(error, "not-found")) throw error;
    const hint = "`pulumi up` makes it for each pool with `controller: aws`.";
    throw new DriverError(what, { kind: "not-found", vendorText: error.vendorText, hint, cause: error.cause });
  }
}

/** Why a transaction was not carried out; empty for other errors. */
function cancellationCodes(error: unknown): ReadonlySet<string> {
  const { cause } = error as { cause?: unknown };
  if (!(cause instanceof TransactionCanceledException)) return new Set();
  return new Set(cause.CancellationReasons?.flatMap(({ Code = "" }) => Code));
}

function queryOf({ pk, from, to, newestFirst = false, where = {}, limit }: Slice) {
  const names = Object.keys(where);
  return {
    KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
    ExpressionAttributeValues: {
      ...toItem({ ":pk": pk, ":from": from, ":to": to }),
      ...toItem(Object.fromEntries(names.map((name) => [`:w_${name}`, where[name] ?? ""]))),
    },
    ScanIndexForward: !newestFirst,
    ConsistentRead: true,
    // What is left out by a filter has been read all the same, so a limit says nothing then.
    ...(names.length > 0
      ? { FilterExpression: names.map((name) => `${name} = :w_${name}`).join(" AND ") }
      : { ...(limit && { Limit: limit }) }),
  };
}

function itemOf(TableName: string, write: Write): TransactWriteItem {
  if ("put" in write) return { Put: { TableName, Item: toItem(write.put) } };
  const values = { ConditionExpression: write.condition, ExpressionAttributeValues: toItem(write.values) };
  if ("check" in write) return { ConditionCheck: { TableName, Key: toItem(write.check), ...values } };
  return { Update: { TableName, Key: toItem(write.update), UpdateExpression: write.set, ...values } };
}

function toItem(item: Item): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]): [string, AttributeValue] => {
      if (typeof value === "string") return [key, { S: value }];
      return [key, typeof value === "number" ? { N: String(value) } : { B: value }];
    }),
  );
}

function fromItem(item: Record<string, AttributeValue>): Item {
  return Object.fromEntries(
    Object.entries(item).flatMap(([key, { S, N, B }]): [string, string | number | Uint8Array][] => {
      const value = S ?? (N === undefined ? B : Number(N));
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
