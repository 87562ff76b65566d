import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { CreateLaunchTemplateVersionCommand, ModifyLaunchTemplateCommand } from "@aws-sdk/client-ec2";
import { openDynamoStore } from "../../../controllers/pool/dynamo-store.ts";
import { tableClient } from "../pool/table.ts";
import { newImageId, templateName } from "../pool/world.ts";
import { poolActions } from "./actions.ts";
import { BuildkiteMacs } from "./buildkite-macs.ts";
import { BuildkiteWorld } from "./buildkite-world.ts";
import { Cloud } from "./cloud.ts";
import { Recorder } from "./recorder.ts";

const hour = 3600;
const world = new BuildkiteWorld();

/** A pool on Buildkite with its Macs, and a note of what its function does in AWS. */
async function start() {
  const recorder = new Recorder();
  const cloud = await Cloud.start(world.aws, world.runner, world.buildkite.apiToken, {
    clients: recorder.clients("us-west-2"),
  });
  const macs = new BuildkiteMacs(world.buildkite, cloud.settings.fleetId, "macs");
  const close = () => {
    macs.close();
    cloud.close();
  };
  return { cloud, macs, recorder, close };
}

async function useNewImage(): Promise<void> {
  const LaunchTemplateData = { ImageId: newImageId };
  const version = { LaunchTemplateName: templateName, SourceVersion: "1", LaunchTemplateData };
  await world.aws.ec2.send(new CreateLaunchTemplateVersionCommand(version));
  await world.aws.ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName: templateName, DefaultVersion: "2" }));
}

test("the whole life of a Mac, by what the function may do and nothing else", async () => {
  const { cloud, macs, recorder, close } = await start();
  await cloud.until(async () => (await cloud.shown()).instances.length === 1, 4);
  const [instance] = (await cloud.shown()).instances;
  const { instanceId = "", launchedAt = 0 } = instance ?? {};
  await cloud.leaveCredential(instanceId);
  await cloud.until(async () => world.buildkite.state.clusterTokens.length === 1, 4);
  deepEqual(await cloud.left(), { parameters: [`${instanceId}/credential`], schedules: [instanceId] });
  const firstEnd = await cloud.endOf(instanceId);
  equal(firstEnd, Math.floor(launchedAt / 1000) + 50 * hour);
  deepEqual(await cloud.credentialTags(instanceId), {
    ...cloud.settings.policy.mark,
    "mac-runner-fleet:reader": `${cloud.settings.instanceRoleId}:${instanceId}`,
  });

  await cloud.until(async () => world.buildkite.state.clusterTokens.length === 0, 2, macs);
  equal(macs.registered, 1, "its token is deleted once the agent has registered, which stays");
  deepEqual((await cloud.left()).parameters, []);

  await useNewImage();
  await cloud.until(async () => macs.registered === 0, 4, macs);
  await cloud.until(async () => macs.registered === 1, 6, macs);
  ok((await cloud.endOf(instanceId)) > firstEnd, "its end has moved with its new life");

  cloud.settings = { ...cloud.settings, policy: { ...cloud.settings.policy, hosts: [] } };
  await cloud.until(async () => (await cloud.shown()).hosts.every(({ state }) => state === "released"), 40, macs);
  deepEqual(await cloud.left(), { parameters: [], schedules: [] });
  equal(world.buildkite.state.clusterTokens.length, 0);

  const store = openDynamoStore(tableClient(), cloud.settings.table, () => world.aws.now());
  const [entry] = await store.ledger(cloud.settings.poolId);
  ok((entry?.billedSeconds ?? 0) >= 20 * hour);
  ok((await store.samples(cloud.settings.poolId, 0)).some(({ ready }) => ready === 1));
  store.close();
  equal((await cloud.metricNames()).length, 14);
  deepEqual([...recorder.actions].sort(), [...poolActions]);
  close();
});
