import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  ListTagsForResourceCommand as ListAlarmTagsCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand as ListLogTagsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeHostsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import {
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
} from "@aws-sdk/client-iam";
import {
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  ListTagsForResourceCommand as ListTopicTagsCommand,
  SNSClient,
} from "@aws-sdk/client-sns";
import { madeByTag } from "../../model/ec2-mac/lease-mark.ts";
import { fleetMarkTag } from "../../model/names.ts";
import { allPages } from "../ec2/call.ts";
import { type ControllerClients, controllerClients, controllerFinders } from "./existing-controller.ts";
import { fromList, hasMark, nameOf, type PlannedInputs, tagsOf, text, unlessMissing } from "./existing-inputs.ts";
import { serviceCall, serviceConfig } from "./service-call.ts";

export type { PlannedInputs } from "./existing-inputs.ts";

/**
 * Finds what an interrupted run made without recording it: the same kind of thing, of the same name, and with the mark
 * of the fleet that the inputs carry. Without the mark it is somebody else's and is not found. Parts that carry no tags
 * (rules, policies, subscriptions) belong to whatever they are part of, which the state has already.
 */
export interface ExistingAws {
  /** The id under which the vendor's provider imports it, or undefined when there is none. @throws DriverError */
  find(type: string, inputs: PlannedInputs): Promise<string | undefined>;
}

type Finder = (clients: Clients, inputs: PlannedInputs) => Promise<string | undefined>;

interface Clients extends ControllerClients {
  ec2: EC2Client;
  iam: IAMClient;
  cloudwatch: CloudWatchClient;
  logs: CloudWatchLogsClient;
  sns: SNSClient;
}

/** @param defaultRegion for resources that name none; the signal ends every look */
export function existingAws(defaultRegion: string, signal: AbortSignal): ExistingAws {
  const byRegion = new Map<string, Clients>();
  return {
    async find(type, inputs) {
      const region = text.safeParse(inputs.region).data ?? defaultRegion;
      const clients = byRegion.get(region) ?? connect(region, signal);
      byRegion.set(region, clients);
      const finder = finders[type];
      if (!finder) return undefined;
      const id = await serviceCall(`look for ${type}`, {}, signal, () => finder(clients, inputs));
      // The vendor's provider wants the region behind the id where it is not the default one; IAM has none.
      return id && region !== defaultRegion && !type.startsWith("aws:iam/") ? `${id}@${region}` : id;
    },
  };
}

function connect(region: string, signal: AbortSignal): Clients {
  const config = serviceConfig(region);
  return {
    ...controllerClients(config, signal),
    ec2: new EC2Client(config),
    iam: new IAMClient(config),
    cloudwatch: new CloudWatchClient(config),
    logs: new CloudWatchLogsClient(config),
    sns: new SNSClient(config),
  };
}

const finders: Readonly<Record<string, Finder>> = {
  ...controllerFinders,
  "aws:ec2/dedicatedHost:DedicatedHost": async ({ ec2, options }, inputs) => {
    const Filter = [
      ...marked(inputs),
      { Name: "tag:Name", Values: [tagsOf(inputs).Name ?? ""] },
      { Name: "state", Values: ["available", "pending", "under-assessment"] },
    ];
    const { Hosts } = await ec2.send(new DescribeHostsCommand({ Filter }), options);
    // One that a controller made is not what an interrupted run left behind.
    return Hosts?.find(({ Tags }) => !Tags?.some(({ Key }) => Key === madeByTag))?.HostId;
  },
  "aws:ec2/securityGroup:SecurityGroup": async ({ ec2, options }, inputs) => {
    const Filters = [...marked(inputs), { Name: "group-name", Values: [nameOf(inputs)] }];
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }), options);
    return SecurityGroups?.[0]?.GroupId;
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (clients, inputs) => findRule(clients, inputs, true),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (clients, inputs) => findRule(clients, inputs, false),
  "aws:ec2/launchTemplate:LaunchTemplate": async ({ ec2, options }, inputs) => {
    const Filters = [...marked(inputs), { Name: "launch-template-name", Values: [nameOf(inputs)] }];
    const { LaunchTemplates } = await ec2.send(new DescribeLaunchTemplatesCommand({ Filters }), options);
    return LaunchTemplates?.[0]?.LaunchTemplateId;
  },
  "aws:iam/role:Role": async ({ iam, options }, inputs) => {
    const found = await unlessMissing(iam.send(new GetRoleCommand({ RoleName: nameOf(inputs) }), options));
    return hasMark(inputs, fromList(found?.Role?.Tags)) ? found?.Role?.RoleName : undefined;
  },
  "aws:iam/rolePolicy:RolePolicy": async ({ iam, options }, inputs) => {
    const role = text.safeParse(inputs.role).data;
    if (!role) return undefined;
    const command = new GetRolePolicyCommand({ RoleName: role, PolicyName: nameOf(inputs) });
    return (await unlessMissing(iam.send(command, options))) && `${role}:${nameOf(inputs)}`;
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": async ({ iam, options }, inputs) => {
    const role = text.safeParse(inputs.role).data;
    if (!role) return undefined;
    const attached = await unlessMissing(iam.send(new ListAttachedRolePoliciesCommand({ RoleName: role }), options));
    const isAttached = attached?.AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === inputs.policyArn);
    return isAttached ? `${role}/${inputs.policyArn}` : undefined;
  },
  "aws:iam/instanceProfile:InstanceProfile": async ({ iam, options }, inputs) => {
    const command = new GetInstanceProfileCommand({ InstanceProfileName: nameOf(inputs) });
    const profile = (await unlessMissing(iam.send(command, options)))?.InstanceProfile;
    return hasMark(inputs, fromList(profile?.Tags)) ? profile?.InstanceProfileName : undefined;
  },
  "aws:cloudwatch/logGroup:LogGroup": async ({ logs, options }, inputs) => {
    const name = nameOf(inputs);
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }), options);
    const found = logGroups?.find(({ logGroupName }) => logGroupName === name);
    if (!found?.logGroupArn) return undefined;
    const { tags } = await logs.send(new ListLogTagsCommand({ resourceArn: found.logGroupArn }), options);
    return hasMark(inputs, tags ?? {}) ? found.logGroupName : undefined;
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": async ({ cloudwatch, options }, inputs) => {
    const { MetricAlarms } = await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [nameOf(inputs)] }),
      options,
    );
    const found = MetricAlarms?.[0];
    if (!found) return undefined;
    const { Tags } = await cloudwatch.send(new ListAlarmTagsCommand({ ResourceARN: found.AlarmArn }), options);
    return hasMark(inputs, fromList(Tags)) ? found.AlarmName : undefined;
  },
  "aws:sns/topic:Topic": async ({ sns, options }, inputs) => {
    const arn = await findTopic({ sns, options }, nameOf(inputs));
    if (!arn) return undefined;
    const { Tags } = await sns.send(new ListTopicTagsCommand({ ResourceArn: arn }), options);
    return hasMark(inputs, fromList(Tags)) ? arn : undefined;
  },
  "aws:sns/topicSubscription:TopicSubscription": async ({ sns, options }, inputs) => {
    const topic = text.safeParse(inputs.topic).data;
    if (!topic?.startsWith("arn:")) return undefined;
    const subscriptions = await allPages(async (NextToken) => {
      const page = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic, NextToken }), options);
      return { items: page.Subscriptions, nextToken: page.NextToken };
    });
    const arn = subscriptions.find(({ Endpoint }) => Endpoint === inputs.endpoint)?.SubscriptionArn;
    return arn?.startsWith("arn:") ? arn : undefined;
  },
};

async function findTopic(
  { sns, options }: Pick<Clients, "sns" | "options">,
  name: string,
): Promise<string | undefined> {
  for (let NextToken: string | undefined; ; ) {
    const page = await sns.send(new ListTopicsCommand({ NextToken }), options);
    const found = page.Topics?.find(({ TopicArn }) => TopicArn?.endsWith(`:${name}`));
    if (found || !page.NextToken) return found?.TopicArn;
    NextToken = page.NextToken;
  }
}

async function findRule(
  { ec2, options }: Clients,
  inputs: PlannedInputs,
  isEgress: boolean,
): Promise<string | undefined> {
  const group = text.safeParse(inputs.securityGroupId).data;
  if (!group?.startsWith("sg-")) return undefined;
  const Filters = [{ Name: "group-id", Values: [group] }];
  const { SecurityGroupRules } = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }), options);
  return SecurityGroupRules?.find(
    (rule) => rule.IsEgress === isEgress && rule.IpProtocol === inputs.ipProtocol && rule.CidrIpv4 === inputs.cidrIpv4,
  )?.SecurityGroupRuleId;
}

/** The filter for the fleet's mark; one that matches nothing where the inputs have none. */
function marked(inputs: PlannedInputs): { Name: string; Values: string[] }[] {
  return [{ Name: `tag:${fleetMarkTag}`, Values: [tagsOf(inputs)[fleetMarkTag] ?? ""] }];
}
