import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  RevokeSecurityGroupEgressCommand,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import { defineResource } from "../../shared/provider.ts";
import { ec2 } from "../clients.ts";
import {
  arnProperty,
  autoName,
  exclusive,
  ignoredProperties,
  nameOf,
  nameProperties,
  notStoodIn,
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
  description: string;
  name?: string | undefined;
  namePrefix?: string | undefined;
  region?: string | undefined;
  revokeRulesOnDelete: boolean;
  tags?: Tags | undefined;
  vpcId?: string | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  ownerId: string;
  tagsAll: Tags;
}

const inlineRules = ["egress", "ingress"];

/** A security group. Like the vendor's it starts empty: the rule that lets everything out, which AWS adds, is taken away. */
export const securityGroup = defineResource<Inputs, Outputs>({
  token: "aws:ec2/securityGroup:SecurityGroup",
  properties: {
    ...regionProperty,
    ...nameProperties,
    ...tagProperties,
    ...arnProperty,
    ...ignoredProperties(inlineRules),
    description: { type: "string", default: "Managed by Pulumi", replaces: true },
    ownerId: { type: "string", output: true },
    revokeRulesOnDelete: { type: "boolean", default: false },
    vpcId: { type: "string", computed: true, replaces: true },
  },
  settle: autoName(255),
  rules: (inputs) => [...exclusive(inputs, ["name", "namePrefix"]), ...notStoodIn(inputs, inlineRules)],

  async create(inputs) {
    const name = nameOf(inputs);
    const command = new CreateSecurityGroupCommand({
      GroupName: name,
      Description: inputs.description,
      VpcId: inputs.vpcId ?? (await defaultVpcId(inputs.region)),
      ...tagSpecifications("security-group", inputs.tags),
    });
    const doing = `creating Security Group (${name})`;
    const { GroupId = "" } = await vendorCall(doing, "EC2: CreateSecurityGroup", ec2(inputs.region).send(command));
    await dropDefaultEgress(GroupId, inputs.region);
    return { id: GroupId, outs: await existing(GroupId, inputs) };
  },

  async read(id, state) {
    const group = await find(id, state.region);
    return group && outputs(group, state);
  },

  async update(id, olds, news) {
    await changeEc2Tags(id, olds.tagsAll, news.tags, news.region);
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = ec2(region).send(new DeleteSecurityGroupCommand({ GroupId: id }));
    await unlessGone(
      ["InvalidGroup.NotFound"],
      vendorCall(`deleting Security Group (${id})`, "EC2: DeleteSecurityGroup", sent),
    );
  },
});

async function defaultVpcId(region: string | undefined): Promise<string | undefined> {
  const command = new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] });
  const answer = await vendorCall("reading EC2 VPCs", "EC2: DescribeVpcs", ec2(region).send(command));
  return answer.Vpcs?.[0]?.VpcId;
}

async function dropDefaultEgress(GroupId: string, region: string | undefined): Promise<void> {
  const everything = { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  const command = new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [everything] });
  const doing = `revoking default IPv4 egress rule for Security Group (${GroupId})`;
  await vendorCall(doing, "EC2: RevokeSecurityGroupEgress", ec2(region).send(command));
}

async function find(id: string, region: string | undefined): Promise<SecurityGroup | undefined> {
  const sent = ec2(region).send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
  const reading = vendorCall(`reading Security Group (${id})`, "EC2: DescribeSecurityGroups", sent);
  return (await unlessGone(["InvalidGroup.NotFound"], reading))?.SecurityGroups?.[0];
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const group = await find(id, asked.region);
  if (!group) throw new Error(`reading Security Group (${id}): couldn't find resource`);
  return outputs(group, asked);
}

function outputs(group: SecurityGroup, asked: Partial<Inputs>): Outputs {
  const region = regionOf(asked.region);
  return {
    region,
    arn: `arn:aws:ec2:${region}:${group.OwnerId}:security-group/${group.GroupId}`,
    ownerId: group.OwnerId ?? "",
    name: group.GroupName ?? "",
    namePrefix: asked.namePrefix,
    description: group.Description ?? "",
    vpcId: group.VpcId,
    revokeRulesOnDelete: asked.revokeRulesOnDelete ?? false,
    ...tagOutputs(group.Tags, asked.tags),
  };
}
