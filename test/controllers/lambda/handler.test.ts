import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { handler as look } from "../../../controllers/lambda/pool.ts";
import { encodeSettings, settingsVariable } from "../../../controllers/lambda/settings.ts";
import { handler as sweep } from "../../../controllers/lambda/sweeper.ts";
import { openDynamoStore } from "../../../controllers/pool/dynamo-store.ts";
import { tableClient } from "../pool/table.ts";
import { Aws } from "../pool/world.ts";
import { Cloud } from "./cloud.ts";

const hour = 3600;
/** As Lambda calls it. */
const invocation = { awsRequestId: "a-request", getRemainingTimeInMillis: () => 60_000 };
let aws: Aws;
let cloud: Cloud;
before(async () => {
  aws = await Aws.start();
  const runner = { ci: "buildkite", organization: "acme", cluster: "none", queue: "macs" } as const;
  cloud = await Cloud.start(aws, runner, undefined);
  process.env[settingsVariable] = encodeSettings(cloud.settings);
});
after(async () => {
  delete process.env[settingsVariable];
  cloud.close();
  await aws.close();
});

test("the handlers go by their environment and by AWS's own clock", async (t) => {
  t.mock.method(console, "log", () => undefined);
  aws.server.clock.advance(500 * hour);
  await look({}, invocation);
  aws.server.clock.advance(hour);
  await look({}, invocation);
  equal((await cloud.shown()).hosts.length, 1, "an hour has passed for the function too");
  aws.server.clock.advance(hour);
  await look({}, invocation);
  aws.server.clock.advance(100 * hour);
  await sweep({}, invocation);
  deepEqual(
    (await cloud.shown()).instances.map(({ state }) => state).filter((state) => state === "running"),
    [],
  );
});

test("a pool that another call holds is left to it", async (t) => {
  const told = t.mock.method(console, "log", () => undefined);
  const store = openDynamoStore(tableClient(), cloud.settings.table, () => aws.now());
  const answer = await store.acquire(cloud.settings.poolId, "another call");
  await look({}, invocation);
  equal(JSON.parse(String(told.mock.calls.at(-1)?.arguments[0])).heldBy, "another call");
  if ("lease" in answer) await store.release(answer.lease);
  store.close();
});

test("settings that do not fit are refused before anything is done", async () => {
  process.env[settingsVariable] = "{}";
  await rejects(look({}, invocation), /FLEET_POOL does not fit/);
});
