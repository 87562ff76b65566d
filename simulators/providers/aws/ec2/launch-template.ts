import { isDeepStrictEqual } from "node:util";
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeTagsCommand,
  type LaunchTemplate,
  type LaunchTemplateVersion,
  ModifyLaunchTemplateCommand,
} from "@aws-sdk/client-ec2";
import { defineResource } from "../../shared/provider.ts";
import type { Properties } from "../../shared/wire.ts";
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
import {
  dataProperties,
  fromLaunchTemplateData,
  otherDataProperties,
  toLaunchTemplateData,
} from "./launch-template-data.ts";
import { changeEc2Tags, tagSpecifications } from "./tags.ts";

interface Inputs extends Properties {
  name?: string | undefined;
  namePrefix?: string | undefined;
  description?: string | undefined;
  defaultVersion?: number | undefined;
  updateDefaultVersion?: boolean | undefined;
  region?: string | undefined;
  tags?: Tags | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  latestVersion: number;
  tagsAll: Tags;
}

const goneCodes = [
  "InvalidLaunchTemplateId.NotFound",
  "InvalidLaunchTemplateId.NotFoundException",
  "InvalidLaunchTemplateName.NotFoundException",
];

/** A launch template. What it says is in versions: each change makes a new one, and the old ones stay. */
export const launchTemplate = defineResource<Inputs, Outputs>({
  token: "aws:ec2/launchTemplate:LaunchTemplate",
  properties: {
    ...regionProperty,
    ...nameProperties,
    ...tagProperties,
    ...arnProperty,
    ...dataProperties,
    ...ignoredProperties(otherDataProperties),
    description: { type: "string" },
    defaultVersion: { type: "number", computed: true },
    latestVersion: { type: "number", output: true },
    updateDefaultVersion: { type: "boolean" },
  },
  settle: autoName(125),
  rules: (inputs) => [
    ...exclusive(inputs, ["name", "namePrefix"]),
    ...exclusive(inputs, ["defaultVersion", "updateDefaultVersion"]),
    ...exclusive(inputs, ["securityGroupNames", "vpcSecurityGroupIds"]),
    ...notStoodIn(inputs, otherDataProperties),
  ],

  async create(inputs) {
    const name = nameOf(inputs);
    const command = new CreateLaunchTemplateCommand({
      LaunchTemplateName: name,
      VersionDescription: inputs.description,
      LaunchTemplateData: toLaunchTemplateData(inputs),
      ...tagSpecifications("launch-template", inputs.tags),
    });
    const doing = `creating EC2 Launch Template (${name})`;
    const answer = await vendorCall(doing, "EC2: CreateLaunchTemplate", ec2(inputs.region).send(command));
    const id = answer.LaunchTemplate?.LaunchTemplateId ?? "";
    return { id, outs: await existing(id, inputs) };
  },

  async read(id, state) {
    const found = await find(id, state.region);
    return found && outputs(found.template, found.version, state);
  },

  async update(id, olds, news) {
    if (isNewVersion(olds, news)) await addVersion(id, news);
    await setDefault(id, news);
    await changeEc2Tags(id, olds.tagsAll, news.tags, news.region);
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = ec2(region).send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }));
    await unlessGone(goneCodes, vendorCall(`deleting EC2 Launch Template (${id})`, "EC2: DeleteLaunchTemplate", sent));
  },
});

/** What a version says, next to each other; the order of security groups means nothing. */
function isNewVersion(olds: Outputs, news: Inputs): boolean {
  const said = (properties: Properties) => {
    const { SecurityGroupIds, SecurityGroups, ...data } = toLaunchTemplateData(properties);
    return [data, SecurityGroupIds?.toSorted(), SecurityGroups?.toSorted(), properties.description];
  };
  return !isDeepStrictEqual(said(olds), said(news));
}

async function addVersion(id: string, inputs: Inputs): Promise<void> {
  const command = new CreateLaunchTemplateVersionCommand({
    LaunchTemplateId: id,
    VersionDescription: inputs.description,
    LaunchTemplateData: toLaunchTemplateData(inputs),
  });
  const doing = `creating EC2 Launch Template (${id}) Version`;
  await vendorCall(doing, "EC2: CreateLaunchTemplateVersion", ec2(inputs.region).send(command));
}

async function setDefault(id: string, { updateDefaultVersion, defaultVersion, region }: Inputs): Promise<void> {
  const wanted = updateDefaultVersion ? (await find(id, region))?.template.LatestVersionNumber : defaultVersion;
  if (wanted === undefined) return;
  const command = new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: String(wanted) });
  await vendorCall(`updating EC2 Launch Template (${id})`, "EC2: ModifyLaunchTemplate", ec2(region).send(command));
}

interface Found {
  template: LaunchTemplate;
  version: LaunchTemplateVersion;
}

async function find(id: string, region: string | undefined): Promise<Found | undefined> {
  const client = ec2(region);
  const doing = `reading EC2 Launch Template (${id})`;
  const described = vendorCall(
    doing,
    "EC2: DescribeLaunchTemplates",
    client.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] })),
  );
  const template = (await unlessGone(goneCodes, described))?.LaunchTemplates?.[0];
  if (!template) return undefined;
  const command = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ["$Latest"] });
  const versions = await vendorCall(doing, "EC2: DescribeLaunchTemplateVersions", client.send(command));
  const version = versions.LaunchTemplateVersions?.[0];
  // moto shows the template's first tags for ever; these are the ones it has now.
  const tags = new DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [id] }] });
  const { Tags } = await vendorCall(doing, "EC2: DescribeTags", client.send(tags));
  return version && { template: { ...template, Tags }, version };
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const found = await find(id, asked.region);
  if (!found) throw new Error(`reading EC2 Launch Template (${id}): couldn't find resource`);
  return outputs(found.template, found.version, asked);
}

function outputs(template: LaunchTemplate, version: LaunchTemplateVersion, asked: Partial<Inputs>): Outputs {
  const region = regionOf(asked.region);
  return {
    ...fromLaunchTemplateData(version.LaunchTemplateData ?? {}),
    region,
    arn: `arn:aws:ec2:${region}:123456789012:launch-template/${template.LaunchTemplateId}`,
    name: template.LaunchTemplateName ?? "",
    namePrefix: asked.namePrefix,
    description: version.VersionDescription || undefined,
    defaultVersion: template.DefaultVersionNumber,
    latestVersion: template.LatestVersionNumber ?? 1,
    updateDefaultVersion: asked.updateDefaultVersion,
    ...tagOutputs(template.Tags, asked.tags),
  };
}
