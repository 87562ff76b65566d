import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { lookOnce } from "../../../controllers/lambda/pool.ts";
import { openDynamoStore } from "../../../controllers/pool/dynamo-store.ts";
import type { TimelineEntry } from "../../../controllers/pool/store.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { tableClient } from "../pool/table.ts";
import { BuildkiteMacs } from "./buildkite-macs.ts";
import { BuildkiteWorld } from "./buildkite-world.ts";
import { Cloud, quiet } from "./cloud.ts";

const { signal } = new AbortController();
const world = new BuildkiteWorld();

function start(apiToken: string | undefined): Promise<Cloud> {
  return Cloud.start(world.aws, world.runner, apiToken);
}

async function troubles(cloud: Cloud): Promise<string[]> {
  const store = openDynamoStore(tableClient(), cloud.settings.table, () => world.aws.now());
  const entries: TimelineEntry[] = await store.timeline(cloud.settings.poolId, { limit: 100 });
  store.close();
  return entries.filter(({ kind }) => kind === "look").map(({ reason }) => reason);
}

test("without a token for the CI system Macs are launched, told apart and not ended for it", async () => {
  const cloud = await start(undefined);
  await cloud.until(async () => (await cloud.shown()).instances.length === 1, 6);
  world.aws.server.clock.advance(6 * 3600);
  const { observed, decision } = await cloud.look();
  equal(observed.instances[0]?.runner.state, "unknown");
  deepEqual(
    decision.actions.filter(({ kind }) => kind !== "wait"),
    [],
  );
  equal((await cloud.left()).schedules.length, 1, "and each has its end");
  cloud.close();
});

test("schedules that cannot be made are told once, and keep nothing else from being done", async () => {
  const cloud = await start(world.buildkite.apiToken);
  const macs = new BuildkiteMacs(world.buildkite, cloud.settings.fleetId, "macs");
  cloud.settings = { ...cloud.settings, scheduleGroup: "none" };
  await cloud.until(async () => macs.registered === 1, 8, macs);
  const told = await troubles(cloud);
  equal(told.length, 1);
  match(told[0] ?? "", /list the schedules of none/);
  equal((await cloud.look()).choresFailed, 1, "and counted as long as they fail");
  macs.close();
  cloud.close();
});

test("a look that comes to nothing is noted, fails aloud, and lets the next one in", async () => {
  const cloud = await start(world.buildkite.apiToken);
  await world.aws.server.control("faults", { action: "DescribeHosts", effect: "access-denied" });
  const run = { holder: "a test", clock: cloud.clock, signal, log: quiet };
  await rejects(lookOnce(cloud.settings, cloud.clients, run), (error) => isFailure(error, "access-denied"));
  match((await troubles(cloud))[0] ?? "", /could not look: describe dedicated hosts/);
  await cloud.look();
  cloud.close();
});

test("a call that has no time left does nothing and leaves the pool to the next one", async () => {
  const cloud = await start(world.buildkite.apiToken);
  const run = { holder: "late", clock: cloud.clock, signal: AbortSignal.abort(), log: quiet };
  await rejects(lookOnce(cloud.settings, cloud.clients, run));
  await cloud.look();
  cloud.close();
});
