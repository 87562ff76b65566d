import type { SimClock } from "../../../../simulators/ec2-mac/clock.ts";
import { controllerLives } from "./controller-lives.ts";
import { type Life, live } from "./life.ts";

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const policy = (action: string) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: [action], Resource: "*" }] });
export const region = "us-west-2";
export const tags = { Name: "mac-a", "mac-runner-fleet:id": "mobile-1a2b3c4d" };

export const role = () =>
  live("aws:iam/role:Role", { name: `role-${Math.random().toString(36).slice(2)}`, assumeRolePolicy: trust });

export const template = {
  region,
  name: "fleet-template",
  description: "Macs of pool m2",
  updateDefaultVersion: true,
  imageId: "resolve:ssm:/aws/service/ec2-macos/sequoia/arm64_mac/latest/image_id",
  instanceType: "mac2.metal",
  keyName: "ops",
  instanceInitiatedShutdownBehavior: "terminate",
  iamInstanceProfile: { arn: "arn:aws:iam::123456789012:instance-profile/macs" },
  vpcSecurityGroupIds: ["sg-0123456789abcdef0"],
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
        volumeSize: 200,
        iops: 10_000,
        throughput: 400,
        encrypted: "true",
        deleteOnTermination: "true",
      },
    },
  ],
  tagSpecifications: [
    { resourceType: "instance", tags },
    { resourceType: "volume", tags },
  ],
  userData: Buffer.from("#!/bin/sh\n").toString("base64"),
  tags,
};

/** One life for each resource kind: what to declare, and what to change in place. `clock` is that of the simulated AWS. */
export function allLives(clock: () => SimClock): Life[] {
  return [
    {
      token: "aws:ec2/dedicatedHost:DedicatedHost",
      inputs: async () => ({
        region,
        availabilityZone: "us-west-2a",
        instanceType: "mac2.metal",
        autoPlacement: "off",
        hostRecovery: "off",
        tags,
      }),
      change: { hostRecovery: "on", tags: { Name: "mac-b" } },
      id: /^h-[0-9a-f]{17}$/,
      beforeDelete: async () => clock().advance(24 * 3600),
    },
    {
      token: "aws:ec2/securityGroup:SecurityGroup",
      inputs: async () => ({ region, name: "macs", description: "Macs of pool m2", tags }),
      change: { tags: { Name: "other" } },
      id: /^sg-/,
    },
    {
      token: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      inputs: async () => ({
        region,
        securityGroupId: await groupId(),
        ipProtocol: "-1",
        cidrIpv4: "0.0.0.0/0",
        description: "out",
        tags,
      }),
      change: { cidrIpv4: "10.0.0.0/8" },
      id: /^sgr-/,
    },
    {
      token: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
      inputs: async () => ({
        region,
        securityGroupId: await groupId(),
        ipProtocol: "tcp",
        fromPort: 22,
        toPort: 22,
        cidrIpv4: "192.0.2.0/24",
      }),
      change: { cidrIpv4: "198.51.100.0/24" },
      id: /^sgr-/,
    },
    {
      token: "aws:ec2/launchTemplate:LaunchTemplate",
      inputs: async () => template,
      change: { imageId: "ami-0123456789abcdef0", tags: { Name: "other" } },
      id: /^lt-/,
      // Choices of the program that the service does not know.
      notImported: ["updateDefaultVersion"],
    },
    {
      token: "aws:iam/role:Role",
      inputs: async () => ({ name: "mac-role", assumeRolePolicy: trust, tags }),
      change: { description: "What a Mac may do", tags: { Name: "other" } },
      id: /^mac-role$/,
    },
    {
      token: "aws:iam/rolePolicy:RolePolicy",
      inputs: async () => ({ name: "reports", role: (await role()).id, policy: policy("logs:PutLogEvents") }),
      change: { policy: policy("cloudwatch:PutMetricData") },
      id: /^role-[a-z0-9]+:reports$/,
    },
    {
      token: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      inputs: async () => ({
        role: (await role()).id,
        policyArn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
      }),
      id: /^role-[a-z0-9]+\/arn:aws:iam::aws:policy\/AmazonSSMManagedInstanceCore$/,
    },
    {
      token: "aws:iam/instanceProfile:InstanceProfile",
      inputs: async () => ({ name: "mac-profile", role: (await role()).id, tags }),
      change: { tags: { Name: "other" } },
      id: /^mac-profile$/,
    },
    {
      token: "aws:cloudwatch/logGroup:LogGroup",
      inputs: async () => ({ region, name: "/mac-runner-fleet/macs", retentionInDays: 30, tags }),
      change: { retentionInDays: 90, tags: { Name: "other" } },
      id: /^\/mac-runner-fleet\/macs$/,
    },
    {
      token: "aws:cloudwatch/metricAlarm:MetricAlarm",
      inputs: async () => ({
        region,
        name: "macs-silent",
        alarmDescription: "Too few Macs report.",
        namespace: "MacRunnerFleet",
        metricName: "Heartbeat",
        dimensions: { Fleet: "mobile", Pool: "m2" },
        statistic: "SampleCount",
        period: 300,
        evaluationPeriods: 3,
        threshold: 2.5,
        comparisonOperator: "LessThanThreshold",
        treatMissingData: "breaching",
        alarmActions: [],
        okActions: [],
        tags,
      }),
      change: { threshold: 7.5, tags: { Name: "other" } },
      id: /^macs-silent$/,
      // An empty list and none at all are the same to the service.
      notImported: ["alarmActions", "okActions"],
    },
    {
      token: "aws:sns/topic:Topic",
      inputs: async () => ({ region, name: "macs", displayName: "Macs", tags }),
      change: { displayName: "Mac alarms", tags: { Name: "other" } },
      id: /^arn:aws:sns:us-west-2:123456789012:macs$/,
    },
    {
      token: "aws:sns/topicSubscription:TopicSubscription",
      inputs: async () => ({
        region,
        topic: (await live("aws:sns/topic:Topic", { region })).id,
        protocol: "email",
        endpoint: "ops@example.com",
      }),
      id: /^arn:aws:sns:us-west-2:123456789012:x-[0-9a-f]{7}:/,
    },
    ...controllerLives({ region, tags, policy, roleArn: async () => (await role()).state.arn }),
  ];
}

/** A new security group. */
export async function groupId(): Promise<string> {
  return (await live("aws:ec2/securityGroup:SecurityGroup", { region })).id;
}
