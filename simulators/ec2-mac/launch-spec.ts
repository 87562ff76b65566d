import {
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type ResponseLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import { Ec2Error, missingParameter } from "./errors.ts";
import { child, list, type QueryNode, tagSpecification, text, texts } from "./query.ts";
import { hexDigits } from "./timings.ts";

/** What a launch comes to once the launch template and the request are laid over each other. */
export interface LaunchSpec {
  imageId: string;
  instanceType: string | undefined;
  hostId: string | undefined;
  tenancy: string | undefined;
  zone: string | undefined;
  subnetId: string | undefined;
  securityGroupIds: string[];
  shutdownBehavior: "stop" | "terminate";
  keyName: string | undefined;
  userData: string | undefined;
  instanceProfile: string | undefined;
  metadataOptions: Record<string, string>;
  tags: Record<string, string>;
  count: number;
}

/** The network that an instance joins. */
export interface Network {
  subnetId: string;
  vpcId: string;
  cidr: string;
  securityGroupIds: string[];
}

/** Works out a launch; the request wins over the template, and tags of both are put on. */
export async function launchSpec(moto: EC2Client, query: QueryNode): Promise<LaunchSpec> {
  const template = await templateData(moto, query);
  const nic = template.NetworkInterfaces?.[0];
  const imageId = text(query, "ImageId") ?? template.ImageId;
  return {
    imageId: resolveImage(imageId),
    instanceType: text(query, "InstanceType") ?? template.InstanceType,
    hostId: text(query, "Placement", "HostId") ?? template.Placement?.HostId,
    tenancy: text(query, "Placement", "Tenancy") ?? template.Placement?.Tenancy,
    zone: text(query, "Placement", "AvailabilityZone") ?? template.Placement?.AvailabilityZone,
    subnetId: text(query, "SubnetId") ?? text(list(query, "NetworkInterface")[0], "SubnetId") ?? nic?.SubnetId,
    securityGroupIds: firstFilled(
      texts(query, "SecurityGroupId"),
      texts(list(query, "NetworkInterface")[0], "SecurityGroupId"),
      template.SecurityGroupIds ?? [],
      nic?.Groups ?? [],
    ),
    shutdownBehavior:
      (text(query, "InstanceInitiatedShutdownBehavior") ?? template.InstanceInitiatedShutdownBehavior) === "terminate"
        ? "terminate"
        : "stop",
    keyName: text(query, "KeyName") ?? template.KeyName,
    userData: text(query, "UserData") ?? template.UserData,
    instanceProfile:
      text(query, "IamInstanceProfile", "Arn") ??
      text(query, "IamInstanceProfile", "Name") ??
      template.IamInstanceProfile?.Arn ??
      template.IamInstanceProfile?.Name,
    metadataOptions: metadataOptions(query, template),
    tags: { ...templateTags(template), ...tagSpecification(query, "instance") },
    count: Number(text(query, "MinCount") ?? "1"),
  };
}

/** Where the instance's network card goes: the given subnet, or the zone's default one, with the groups or the default one. */
export async function networkOf(moto: EC2Client, spec: LaunchSpec, zone: string): Promise<Network> {
  const { Subnets = [] } = await moto.send(
    new DescribeSubnetsCommand(
      spec.subnetId ? { SubnetIds: [spec.subnetId] } : { Filters: [{ Name: "availability-zone", Values: [zone] }] },
    ),
  );
  const subnet = Subnets[0];
  if (!subnet?.SubnetId || !subnet.VpcId) throw new Ec2Error("MissingInput", `No subnets found for ${zone}`);
  if (subnet.AvailabilityZone !== zone) {
    throw new Ec2Error("InvalidParameterValue", `The subnet ${subnet.SubnetId} is not in the host's zone ${zone}.`);
  }
  const { SecurityGroups = [] } = await moto.send(
    new DescribeSecurityGroupsCommand(
      spec.securityGroupIds.length > 0
        ? { GroupIds: spec.securityGroupIds }
        : {
            Filters: [
              { Name: "vpc-id", Values: [subnet.VpcId] },
              { Name: "group-name", Values: ["default"] },
            ],
          },
    ),
  );
  const securityGroupIds = SecurityGroups.flatMap((group) => group.GroupId ?? []);
  return {
    subnetId: subnet.SubnetId,
    vpcId: subnet.VpcId,
    cidr: subnet.CidrBlock ?? "172.31.0.0/20",
    securityGroupIds,
  };
}

async function templateData(moto: EC2Client, query: QueryNode): Promise<ResponseLaunchTemplateData> {
  if (!child(query, "LaunchTemplate")) return {};
  const { LaunchTemplateVersions = [] } = await moto.send(
    new DescribeLaunchTemplateVersionsCommand({
      LaunchTemplateId: text(query, "LaunchTemplate", "LaunchTemplateId"),
      LaunchTemplateName: text(query, "LaunchTemplate", "LaunchTemplateName"),
      Versions: [text(query, "LaunchTemplate", "Version") ?? "$Default"],
    }),
  );
  return LaunchTemplateVersions[0]?.LaunchTemplateData ?? {};
}

function templateTags(template: ResponseLaunchTemplateData): Record<string, string> {
  const forInstances = template.TagSpecifications?.find((item) => item.ResourceType === "instance")?.Tags ?? [];
  return Object.fromEntries(forInstances.map(({ Key = "", Value = "" }) => [Key, Value]));
}

function metadataOptions(query: QueryNode, template: ResponseLaunchTemplateData): Record<string, string> {
  const { MetadataOptions: given = {} } = template;
  return {
    state: "applied",
    httpTokens: text(query, "MetadataOptions", "HttpTokens") ?? given.HttpTokens ?? "optional",
    httpPutResponseHopLimit: String(given.HttpPutResponseHopLimit ?? 1),
    httpEndpoint: text(query, "MetadataOptions", "HttpEndpoint") ?? given.HttpEndpoint ?? "enabled",
    httpProtocolIpv6: given.HttpProtocolIpv6 ?? "disabled",
    instanceMetadataTags:
      text(query, "MetadataOptions", "InstanceMetadataTags") ?? given.InstanceMetadataTags ?? "disabled",
  };
}

/** A template may name an SSM parameter instead of an image; any parameter stands for one image of its own here. */
function resolveImage(imageId: string | undefined): string {
  if (!imageId) throw missingParameter("ImageId");
  if (imageId.startsWith("resolve:ssm:")) return `ami-0${hexDigits(imageId, 16)}`;
  if (!/^ami-[0-9a-f]+$/.test(imageId)) throw new Ec2Error("InvalidAMIID.Malformed", `Invalid id: "${imageId}"`);
  return imageId;
}

/** What DescribeLaunchTemplateVersions says when it is asked to resolve aliases, which moto does not do. */
export function withImages(xml: string): string {
  return xml.replace(/(?<=<imageId>)resolve:ssm:[^<]+/g, resolveImage);
}

function firstFilled(...lists: string[][]): string[] {
  return lists.find((items) => items.length > 0) ?? [];
}
