import type { ProviderDefinition } from "../shared/provider.ts";
import { dashboard } from "./cloudwatch/dashboard.ts";
import { logGroup } from "./cloudwatch/log-group.ts";
import { metricAlarm } from "./cloudwatch/metric-alarm.ts";
import { table } from "./dynamodb/table.ts";
import { dedicatedHost } from "./ec2/dedicated-host.ts";
import { launchTemplate } from "./ec2/launch-template.ts";
import { securityGroup } from "./ec2/security-group.ts";
import { securityGroupEgressRule, securityGroupIngressRule } from "./ec2/security-group-rule.ts";
import { getCallerIdentity, getRegion, getServiceQuota } from "./functions.ts";
import { instanceProfile } from "./iam/instance-profile.ts";
import { role } from "./iam/role.ts";
import { rolePolicy } from "./iam/role-policy.ts";
import { rolePolicyAttachment } from "./iam/role-policy-attachment.ts";
import { lambdaFunction } from "./lambda/function.ts";
import { bucket } from "./s3/bucket.ts";
import { bucketObject } from "./s3/bucket-object.ts";
import { bucketPolicy } from "./s3/bucket-policy.ts";
import { bucketPublicAccessBlock } from "./s3/bucket-public-access-block.ts";
import { schedule } from "./scheduler/schedule.ts";
import { scheduleGroup } from "./scheduler/schedule-group.ts";
import { topic } from "./sns/topic.ts";
import { topicSubscription } from "./sns/topic-subscription.ts";
import { parameter } from "./ssm/parameter.ts";

/** The resources of the vendor's `aws` plugin that the fleet declares, made by real API calls to the simulated AWS. */
export const awsProvider: ProviderDefinition = {
  version: "7.48.0",
  resources: [
    dedicatedHost,
    launchTemplate,
    securityGroup,
    securityGroupEgressRule,
    securityGroupIngressRule,
    role,
    rolePolicy,
    rolePolicyAttachment,
    instanceProfile,
    logGroup,
    metricAlarm,
    dashboard,
    bucket,
    bucketPublicAccessBlock,
    bucketPolicy,
    bucketObject,
    table,
    lambdaFunction,
    scheduleGroup,
    schedule,
    parameter,
    topic,
    topicSubscription,
  ],
  functions: {
    "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
    "aws:index/getRegion:getRegion": getRegion,
    "aws:servicequotas/getServiceQuota:getServiceQuota": getServiceQuota,
  },
};
