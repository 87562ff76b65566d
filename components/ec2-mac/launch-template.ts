import { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate.js";
import type { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import type { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import * as pulumi from "@pulumi/pulumi";
import { setUpScriptTag } from "../../model/ec2-mac/policy.ts";
import { awsName, fleetId } from "../../model/names.ts";
import type { Ec2MacPoolPlan } from "../../model/plan/ec2-mac.ts";
import { heartbeatSeconds, metricNamespace } from "../../model/plan/ec2-mac-alarms.ts";
import type { AlertSettings } from "../../model/settings.ts";
import type { PoolScope } from "./scope.ts";
import type { SetUpScript } from "./set-up-script.ts";
import { renderUserData } from "./user-data.ts";

/** What AWS advises for the root volume of a Mac, whatever its size. */
const rootVolumePerformance = { iops: 10_000, throughput: 400 };

/**
 * Declares what instances are launched from. They end for good when they shut down, so each way to shut one down is a
 * way to recycle it. Which host and subnet is said at launch.
 */
export function createLaunchTemplate(
  scope: PoolScope,
  plan: Ec2MacPoolPlan,
  alerts: AlertSettings,
  group: SecurityGroup,
  profile: InstanceProfile,
  script: SetUpScript,
): LaunchTemplate {
  const { name, place, pool, parent, tags } = scope;
  const instanceTags = { ...plan.instanceTags, ...scope.mark, [setUpScriptTag]: script.sha256 };
  return new LaunchTemplate(
    `${name}-template`,
    {
      region: pool.region,
      name: awsName("launchTemplate", place),
      description: `Macs of pool ${pool.name}`,
      updateDefaultVersion: true,
      imageId: plan.imageId,
      instanceType: pool.instanceType,
      ...(pool.keyName ? { keyName: pool.keyName } : {}),
      instanceInitiatedShutdownBehavior: "terminate",
      iamInstanceProfile: { arn: profile.arn },
      vpcSecurityGroupIds: [group.id],
      // Tokens are required (IMDSv2) and do not leave the Mac; tags tell the Mac its name.
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "enabled",
      },
      blockDeviceMappings: [
        {
          deviceName: "/dev/sda1",
          ebs: {
            volumeType: "gp3",
            volumeSize: pool.rootVolumeGb,
            ...rootVolumePerformance,
            encrypted: "true",
            deleteOnTermination: "true",
          },
        },
      ],
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags: instanceTags })),
      userData: userData(scope, plan, alerts, script),
      tags,
    },
    { parent },
  );
}

function userData({ place, pool }: PoolScope, plan: Ec2MacPoolPlan, alerts: AlertSettings, script: SetUpScript) {
  const args = {
    fleet: fleetId(place),
    pool: pool.name,
    region: pool.region,
    bootDeadlineHours: pool.bootDeadlineHours,
    logGroup: plan.logGroupName,
    metricNamespace,
    heartbeatSeconds,
    alarmsAt: alerts,
  };
  const encode = (text: string) => Buffer.from(text).toString("base64");
  return pulumi
    .all([script.bucket, script.sha256])
    .apply(([bucket, sha256]) => encode(renderUserData({ ...args, setUp: { bucket, sha256 } })));
}
