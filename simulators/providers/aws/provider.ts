import type { ProviderDefinition } from "../shared/provider.ts";
import { logGroup } from "./cloudwatch/log-group.ts";
import { metricAlarm } from "./cloudwatch/metric-alarm.ts";
import { dedicatedHost } from "./ec2/dedicated-host.ts";
import { launchTemplate } from "./ec2/launch-template.ts";
import { securityGroup } from "./ec2/security-group.ts";
import { securityGroupEgressRule, securityGroupIngressRule } from "./ec2/security-group-rule.ts";
import { getCallerIdentity, getRegion } from "./functions.ts";
import { instanceProfile } from "./iam/instance-profile.ts";
import { role } from "./iam/role.ts";
import { rolePolicy } from "./iam/role-policy.ts";
import { rolePolicyAttachment } from "./iam/role-policy-attachment.ts";
import { topic } from "./sns/topic.ts";
import { topicSubscription } from "./sns/topic-subscription.ts";

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
    topic,
    topicSubscription,
  ],
  functions: {
    "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
    "aws:index/getRegion:getRegion": getRegion,
  },
};
