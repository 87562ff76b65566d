import { deepEqual, equal } from "node:assert/strict";
import { after, before, test } from "node:test";
import { Aws } from "../pool/world.ts";
import { Cloud } from "./cloud.ts";

const hour = 3600;
const runner = { ci: "buildkite", organization: "acme", cluster: "none", queue: "macs" } as const;
let aws: Aws;
before(async () => {
  aws = await Aws.start();
});
after(() => aws.close());

test("a Mac that nobody looks after any more is ended by its own schedule, two hours after its hard limit", async () => {
  const cloud = await Cloud.start(aws, runner, undefined);
  await cloud.until(async () => (await cloud.left()).schedules.length === 1, 6);
  const stateOf = async () => (await cloud.shown()).instances[0]?.state;
  const [{ launchedAt = 0, instanceId = "" } = {}] = (await cloud.shown()).instances;
  const age = () => aws.now() - launchedAt / 1000;
  aws.server.clock.advance(50 * hour - age() - 60);
  deepEqual([await stateOf(), (await cloud.left()).schedules], ["running", [instanceId]]);
  aws.server.clock.advance(120);
  deepEqual(await cloud.left(), { parameters: [], schedules: [] }, "it has run and is gone");
  equal(await stateOf(), "shutting-down");
  cloud.close();
});
