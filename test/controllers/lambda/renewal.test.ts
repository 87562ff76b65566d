import { deepEqual, equal, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateLaunchTemplateVersionCommand, ModifyLaunchTemplateCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { renderUserData, setUpScriptKey } from "../../../components/ec2-mac/user-data.ts";
import { parameterPrefix } from "../../../controllers/pool/credentials.ts";
import { renderSetUp } from "../../../host/ec2-mac/set-up.ts";
import { renewingSinceTag, setUpScriptTag } from "../../../model/ec2-mac/policy.ts";
import { type Buildkite, startBuildkite } from "../../../simulators/buildkite/server.ts";
import { createSimClock } from "../../../simulators/ec2-mac/clock.ts";
import { createRole, skip } from "../../simulators/ec2-mac/guest.ts";
import { Aws, imageId, newImageId, templateName } from "../pool/world.ts";
import { Cloud } from "./cloud.ts";

const region = "us-west-2";
/** Fast enough to be over soon, slow enough for a busy computer: two minutes between looks are three seconds. */
const rate = 40;
const minute = 60;

describe("a Mac that really boots, kept by the real controller", { skip, timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "renewal-"));
  let buildkite: Buildkite;
  let aws: Aws;
  let cloud: Cloud;
  before(async () => {
    buildkite = await startBuildkite({ pingIntervalSeconds: 10 });
    const environment = { BUILDKITE_AGENT_ENDPOINT: buildkite.agentApiUrl };
    const guests = { folder, environment, reachable: [buildkite.agentApiUrl] };
    aws = await Aws.start({ guests, clock: createSimClock({ rate }) });
    await createRole();
    const { organization, clusterId: cluster } = buildkite.state;
    const runner = { ci: "buildkite", organization, cluster, queue: "macs", url: buildkite.restUrl } as const;
    cloud = await Cloud.start(aws, runner, buildkite.apiToken);
    await newTemplateVersion({
      ImageId: imageId,
      InstanceType: "mac2.metal",
      InstanceInitiatedShutdownBehavior: "terminate",
      IamInstanceProfile: { Name: "mac" },
      MetadataOptions: { HttpTokens: "required", InstanceMetadataTags: "enabled" },
      UserData: Buffer.from(await userData()).toString("base64"),
    });
  });
  after(async () => {
    cloud?.close();
    await aws?.close();
    await buildkite?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function newTemplateVersion(LaunchTemplateData: object): Promise<void> {
    const version = { LaunchTemplateName: templateName, LaunchTemplateData };
    const { LaunchTemplateVersion } = await aws.ec2.send(new CreateLaunchTemplateVersionCommand(version));
    const DefaultVersion = String(LaunchTemplateVersion?.VersionNumber);
    await aws.ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName: templateName, DefaultVersion }));
  }

  const bucket = "renewal";

  /** As the program makes it, where the Mac fetches it. @returns its SHA-256 */
  async function uploadScript(queue: string): Promise<string> {
    const { fleetId, pool, policy } = cloud.settings;
    const { softLifeSeconds, graceSeconds } = policy;
    const script = renderSetUp({
      ...{ fleet: "cloud-test", pool, region },
      parameterPrefix: parameterPrefix(fleetId, pool),
      softLifeSeconds,
      graceSeconds,
      rosetta: false,
      runner: { ci: "buildkite", agentVersion: 3, queue, tags: [] },
    });
    const sha256 = createHash("sha256").update(script).digest("hex");
    const s3 = new S3Client({ region: "us-east-1", forcePathStyle: true, endpoint: aws.server.url });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: setUpScriptKey(sha256), Body: script }));
    s3.destroy();
    return sha256;
  }

  async function userData(): Promise<string> {
    const names = { fleet: "cloud-test", pool: cloud.settings.pool, region };
    const setUp = { bucket, sha256: await uploadScript("macs") };
    const alarmsAt = { diskUsedPercent: 85, memoryUsedPercent: 90 };
    const logs = { logGroup: "/macs", metricNamespace: "MacRunnerFleet" };
    return renderUserData({ ...names, ...logs, bootDeadlineHours: 48, heartbeatSeconds: 60, alarmsAt, setUp });
  }

  /** Looks every two minutes until it is so. */
  async function until(isSo: () => Promise<boolean>, withinMinutes: number): Promise<void> {
    const end = aws.now() + withinMinutes * minute;
    const told: string[] = [];
    while (!(await isSo())) {
      if (aws.now() > end) throw new Error(`not so after ${withinMinutes} min\n${told.join("\n")}`);
      const { decision } = await cloud.look();
      told.push(...decision.actions.map(({ kind, reason }) => `${aws.now()} ${kind}: ${reason}`));
      await sleep((2 * minute * 1000) / rate);
    }
  }

  const agents = () => buildkite.state.agents.filter(({ connection }) => connection === "connected");

  test("gets a new root volume on its host, and its new agent registers in the queue that was deployed meanwhile", async () => {
    await until(async () => agents().length === 1, 120);
    const [first] = (await cloud.shown()).instances;
    ok(first);
    const [agent] = agents();
    ok(agent?.tags.includes("queue=macs"));
    const Tags = [{ Key: setUpScriptTag, Value: await uploadScript("others") }];
    await newTemplateVersion({ ImageId: newImageId, TagSpecifications: [{ ResourceType: "instance", Tags }] });
    await until(async () => agents().some(({ id }) => id !== agent?.id), 180);
    ok(agents()[0]?.tags.includes("queue=others"), "it was set up as the last deployment says");
    const { instances, hosts } = await cloud.shown();
    deepEqual(
      instances.map(({ instanceId, state }) => [instanceId, state]),
      [[first.instanceId, "running"]],
    );
    ok(Number(instances[0]?.tags[renewingSinceTag]) > 0);
    equal(hosts.length, 1);
    const { tasks } = await aws.server.control("state", {});
    deepEqual(
      (tasks as { state: string; imageId: string }[]).map(({ state, imageId }) => [state, imageId]),
      [["succeeded", newImageId]],
    );
  });
});
