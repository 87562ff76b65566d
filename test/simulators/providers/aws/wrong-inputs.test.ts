import { deepEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { provider, urnOf } from "./life.ts";

describe("wrong inputs are refused before anything is made", () => {
  const cases = [
    {
      token: "aws:ec2/dedicatedHost:DedicatedHost",
      inputs: { instanceType: "mac2.metal" },
      property: "availabilityZone",
    },
    {
      token: "aws:ec2/dedicatedHost:DedicatedHost",
      inputs: { availabilityZone: "us-west-2a" },
      property: "instanceFamily",
    },
    {
      token: "aws:ec2/dedicatedHost:DedicatedHost",
      inputs: { availabilityZone: "us-west-2a", instanceType: "mac2.metal", hostMaintenance: "off" },
      property: "hostMaintenance",
    },
    { token: "aws:ec2/launchTemplate:LaunchTemplate", inputs: { name: "a", namePrefix: "b" }, property: "namePrefix" },
    {
      token: "aws:ec2/launchTemplate:LaunchTemplate",
      inputs: { metadataOptions: { httpToken: "required" } },
      property: "metadataOptions.httpToken",
    },
    {
      token: "aws:ec2/launchTemplate:LaunchTemplate",
      inputs: { defaultVersion: 1, updateDefaultVersion: true },
      property: "updateDefaultVersion",
    },
    {
      token: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      inputs: { securityGroupId: "sg-1", ipProtocol: "-1" },
      property: "cidrIpv4",
    },
    {
      token: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
      inputs: { securityGroupId: "sg-1", ipProtocol: "-1", cidrIpv4: "::", cidrIpv6: "::" },
      property: "cidrIpv6",
    },
    { token: "aws:iam/role:Role", inputs: { name: "a" }, property: "assumeRolePolicy" },
    { token: "aws:cloudwatch/logGroup:LogGroup", inputs: { retentionInDays: 31 }, property: "retentionInDays" },
    {
      token: "aws:cloudwatch/metricAlarm:MetricAlarm",
      inputs: {
        comparisonOperator: "LessThan",
        evaluationPeriods: 1,
        metricName: "m",
        namespace: "n",
        period: 60,
        statistic: "Sum",
      },
      property: "comparisonOperator",
    },
    {
      token: "aws:sns/topicSubscription:TopicSubscription",
      inputs: { topic: "t", protocol: "pigeon", endpoint: "e" },
      property: "protocol",
    },
    { token: "aws:s3/bucket:Bucket", inputs: { bucket: "b", versioning: { enabled: true } }, property: "versioning" },
    { token: "aws:s3/bucketObjectv2:BucketObjectv2", inputs: { bucket: "b", key: "k" }, property: "content" },
    {
      token: "aws:dynamodb/table:Table",
      inputs: { name: "t", billingMode: "PROVISIONED", hashKey: "pk", attributes: [] },
      property: "billingMode",
    },
    {
      token: "aws:scheduler/schedule:Schedule",
      inputs: {
        name: "s",
        flexibleTimeWindow: { mode: "OFF" },
        scheduleExpression: "rate(2 minutes)",
        target: { arn: "a" },
      },
      property: "target.roleArn",
    },
    { token: "aws:ssm/parameter:Parameter", inputs: { name: "p", value: "v" }, property: "type" },
    { token: "aws:cloudwatch/dashboard:Dashboard", inputs: { dashboardName: "d" }, property: "dashboardBody" },
  ];
  for (const { token, inputs, property } of cases) {
    test(`${token.split(":").at(-1)} ${JSON.stringify(inputs)}`, async () => {
      const { failures } = await provider.check(urnOf(token), {}, inputs);
      deepEqual(
        failures.map(({ property: name }: { property: string }) => name),
        [property],
      );
    });
  }
});
