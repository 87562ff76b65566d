import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { openDynamoStore } from "../../../controllers/pool/dynamo-store.ts";
import { isHeld } from "../../../controllers/pool/look.ts";
import { sizeLine } from "../../../controllers/pool/status.ts";
import { emptyMemory } from "../../../model/ec2-mac/memory.ts";
import { addJob } from "../../../simulators/buildkite/rules.ts";
import { tableClient } from "../pool/table.ts";
import { BuildkiteMacs } from "./buildkite-macs.ts";
import { BuildkiteWorld } from "./buildkite-world.ts";
import { Cloud } from "./cloud.ts";

const hour = 3600;
const world = new BuildkiteWorld();

const nothing = { seconds: hour, mean: 0, square: 0 };

/** A pool that wants one to three Macs, has none yet, and knows of a week in which nothing ran. */
async function start() {
  const runner = { ...world.runner, agentUrl: world.buildkite.agentApiUrl };
  const cloud = await Cloud.start(world.aws, runner, world.buildkite.apiToken, { hosts: ["mac-1", "mac-2", "mac-3"] });
  const { settings } = cloud;
  settings.policy = { ...settings.policy, sizing: { least: 1, most: 3, deviations: 0, answered: 1 } };
  const store = openDynamoStore(tableClient(), settings.table, () => world.aws.now());
  const answer = await store.acquire(settings.poolId, "a test");
  if (isHeld(answer)) throw new Error("held");
  const openHour = Math.floor(world.aws.now() / hour);
  const demand = { hours: Array(168).fill(nothing), openHour, open: nothing, at: world.aws.now(), load: 0 };
  await store.save(answer.lease, { ...emptyMemory, demand }, []);
  await store.release(answer.lease);
  store.close();
  return { cloud, macs: new BuildkiteMacs(world.buildkite, settings.fleetId, "macs") };
}

test("a pool grows with the jobs that wait, keeps its size while nobody can count them, and shrinks once its hosts are paid", async () => {
  const { cloud, macs } = await start();
  const held = async () => (await cloud.shown()).hosts.filter(({ state }) => !state.startsWith("released"));
  addJob(world.buildkite.state, { queue: "macs", waiting: true }, world.aws.server.clock.now());
  await cloud.until(async () => macs.registered === 1, 8, macs);
  equal((await held()).length, 1, "a job that depends on another wants no runner");

  const jobs = [1, 2].map(() => addJob(world.buildkite.state, { queue: "macs" }, world.aws.server.clock.now()));
  const { observed, decision } = await cloud.look();
  equal(observed.waitingJobs, 2);
  deepEqual(
    decision.actions.filter(({ kind }) => kind === "allocate").map(({ reason }) => reason),
    ["2 runners are wanted, and 1 are there or will be soon"],
  );
  await cloud.until(async () => macs.registered === 2, 8, macs);
  for (const { tags } of await held()) equal(tags["mac-runner-fleet:made-by"], "controller");

  for (const job of jobs) job.phase = "finished";
  const blind = () => world.buildkite.faults.add({ operation: "metrics.queue", effect: "forbidden" });
  for (const end = world.aws.now() + 28 * hour; world.aws.now() < end; ) {
    blind();
    await cloud.look();
    await macs.work((await cloud.shown()).instances);
    world.aws.server.clock.advance(4 * hour);
    macs.beat();
  }
  equal((await held()).length, 2, "nothing is given back blindly");
  blind();
  const line = sizeLine("macs", await cloud.look()) ?? "";
  match(line, /: 2 hosts of 1 to 3\. .* \? waiting\. Why: nothing is given back: .*could not be counted: reading/);

  await cloud.until(async () => (await held()).length === 1, 12, macs);
  match(sizeLine("macs", await cloud.look()) ?? "", /1 hosts of 1 to 3\. .* 0 waiting\. Why: 0 jobs run or wait/);
  ok((await cloud.metricNames()).includes("WantedRunners"));
  deepEqual(world.buildkite.state.clusterTokens, [], "no token is left of the counting");
  macs.close();
  cloud.close();
});
