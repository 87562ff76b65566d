import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import type { PropertyTable } from "../../shared/properties.ts";
import { defineResource, type ResourceDefinition } from "../../shared/provider.ts";
import { ec2 } from "../clients.ts";
import {
  arnProperty,
  exclusive,
  regionOf,
  regionProperty,
  type Tags,
  tagOutputs,
  tagProperties,
  unlessGone,
  vendorCall,
} from "../vendor.ts";
import { changeEc2Tags, tagSpecifications } from "./tags.ts";

interface Inputs {
  cidrIpv4?: string | undefined;
  cidrIpv6?: string | undefined;
  description?: string | undefined;
  fromPort?: number | undefined;
  ipProtocol: string;
  prefixListId?: string | undefined;
  referencedSecurityGroupId?: string | undefined;
  region?: string | undefined;
  securityGroupId: string;
  tags?: Tags | undefined;
  toPort?: number | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  securityGroupRuleId: string;
  tagsAll: Tags;
}

type Direction = "egress" | "ingress";

const goneCodes = ["InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "InvalidGroup.NotFound"];
const peers = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"];

const properties: PropertyTable = {
  ...regionProperty,
  ...tagProperties,
  ...arnProperty,
  cidrIpv4: { type: "string" },
  cidrIpv6: { type: "string" },
  description: { type: "string" },
  fromPort: { type: "number" },
  ipProtocol: { type: "string", required: true, same: (before, after) => protocol(before) === protocol(after) },
  prefixListId: { type: "string" },
  referencedSecurityGroupId: { type: "string" },
  securityGroupId: { type: "string", required: true, replaces: true },
  securityGroupRuleId: { type: "string", output: true },
  toPort: { type: "number" },
};

/** One rule for what may go out. */
export const securityGroupEgressRule = ruleResource(
  "egress",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
);
/** One rule for what may come in. */
export const securityGroupIngressRule = ruleResource(
  "ingress",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
);

function ruleResource(direction: Direction, token: string): ResourceDefinition {
  return defineResource<Inputs, Outputs>({
    token,
    properties,
    rules: (inputs) => exclusive(inputs, peers, { needsOne: true }),

    async create(inputs) {
      const id = await authorize(direction, inputs);
      return { id, outs: await existing(id, inputs) };
    },

    async read(id, state) {
      const rule = await find(id, state.region);
      return rule && outputs(rule, state);
    },

    async update(id, olds, news) {
      const command = new ModifySecurityGroupRulesCommand({
        GroupId: news.securityGroupId,
        SecurityGroupRules: [{ SecurityGroupRuleId: id, SecurityGroupRule: ruleRequest(news) }],
      });
      const doing = `updating VPC Security Group Rule (${id})`;
      await vendorCall(doing, "EC2: ModifySecurityGroupRules", ec2(news.region).send(command));
      await changeEc2Tags(id, olds.tagsAll, news.tags, news.region);
      return existing(id, news);
    },

    async delete(id, { region, securityGroupId }) {
      await revoke(direction, securityGroupId, id, region);
    },
  });
}

async function authorize(direction: Direction, inputs: Inputs): Promise<string> {
  const request = {
    GroupId: inputs.securityGroupId,
    IpPermissions: [permission(inputs)],
    ...tagSpecifications("security-group-rule", inputs.tags),
  };
  const client = ec2(inputs.region);
  const answer = await (direction === "egress"
    ? vendorCall(
        "creating VPC Security Group Rule",
        "EC2: AuthorizeSecurityGroupEgress",
        client.send(new AuthorizeSecurityGroupEgressCommand(request)),
      )
    : vendorCall(
        "creating VPC Security Group Rule",
        "EC2: AuthorizeSecurityGroupIngress",
        client.send(new AuthorizeSecurityGroupIngressCommand(request)),
      ));
  const id = answer.SecurityGroupRules?.[0]?.SecurityGroupRuleId;
  if (!id) throw new Error("creating VPC Security Group Rule: empty result");
  return id;
}

async function revoke(direction: Direction, GroupId: string, id: string, region: string | undefined): Promise<void> {
  const request = { GroupId, SecurityGroupRuleIds: [id] };
  const client = ec2(region);
  const revoking =
    direction === "egress"
      ? vendorCall(
          `deleting VPC Security Group Rule (${id})`,
          "EC2: RevokeSecurityGroupEgress",
          client.send(new RevokeSecurityGroupEgressCommand(request)),
        )
      : vendorCall(
          `deleting VPC Security Group Rule (${id})`,
          "EC2: RevokeSecurityGroupIngress",
          client.send(new RevokeSecurityGroupIngressCommand(request)),
        );
  await unlessGone(goneCodes, revoking as Promise<unknown>);
}

async function find(id: string, region: string | undefined): Promise<SecurityGroupRule | undefined> {
  const sent = ec2(region).send(new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] }));
  const reading = vendorCall(`reading VPC Security Group Rule (${id})`, "EC2: DescribeSecurityGroupRules", sent);
  const answer = await unlessGone(["InvalidSecurityGroupRuleId.NotFound"], reading);
  return answer?.SecurityGroupRules?.[0];
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const rule = await find(id, asked.region);
  if (!rule) throw new Error(`reading VPC Security Group Rule (${id}): couldn't find resource`);
  return outputs(rule, asked);
}

function permission(inputs: Inputs): IpPermission {
  const { Description, CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId, ...rest } = ruleRequest(inputs);
  const about = Description === undefined ? {} : { Description };
  return {
    ...rest,
    ...(CidrIpv4 ? { IpRanges: [{ CidrIp: CidrIpv4, ...about }] } : {}),
    ...(CidrIpv6 ? { Ipv6Ranges: [{ CidrIpv6, ...about }] } : {}),
    ...(PrefixListId ? { PrefixListIds: [{ PrefixListId, ...about }] } : {}),
    ...(ReferencedGroupId ? { UserIdGroupPairs: [{ GroupId: ReferencedGroupId, ...about }] } : {}),
  };
}

/** Without ports, as with all protocols, -1 stands for every port. */
function ruleRequest(inputs: Inputs) {
  return {
    IpProtocol: protocol(inputs.ipProtocol),
    FromPort: inputs.fromPort ?? -1,
    ToPort: inputs.toPort ?? -1,
    CidrIpv4: inputs.cidrIpv4,
    CidrIpv6: inputs.cidrIpv6,
    PrefixListId: inputs.prefixListId,
    ReferencedGroupId: inputs.referencedSecurityGroupId,
    Description: inputs.description,
  };
}

function outputs(rule: SecurityGroupRule, asked: Partial<Inputs>): Outputs {
  const region = regionOf(asked.region);
  const hasPorts = rule.IpProtocol !== "-1";
  return {
    region,
    arn: `arn:aws:ec2:${region}:${rule.GroupOwnerId}:security-group-rule/${rule.SecurityGroupRuleId}`,
    securityGroupRuleId: rule.SecurityGroupRuleId ?? "",
    securityGroupId: rule.GroupId ?? "",
    ipProtocol: protocol(rule.IpProtocol),
    fromPort: hasPorts ? rule.FromPort : undefined,
    toPort: hasPorts ? rule.ToPort : undefined,
    cidrIpv4: rule.CidrIpv4 || undefined,
    cidrIpv6: rule.CidrIpv6 || undefined,
    prefixListId: rule.PrefixListId || undefined,
    referencedSecurityGroupId: rule.ReferencedGroupInfo?.GroupId || undefined,
    description: rule.Description || undefined,
    ...tagOutputs(rule.Tags, asked.tags),
  };
}

/** Protocol numbers and names mean the same. */
function protocol(value: unknown): string {
  const names: Record<string, string> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", all: "-1" };
  const text = String(value).toLowerCase();
  return names[text] ?? text;
}
