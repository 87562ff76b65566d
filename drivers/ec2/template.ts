import { DescribeLaunchTemplateVersionsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { call, parseAnswer } from "./call.ts";

const tagsSchema = z.object({
  ResourceType: z.string().optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});

const versionsSchema = z.tuple([
  z.object({
    LaunchTemplateData: z.object({
      ImageId: z.string().regex(/^ami-/, "EC2 did not say which AMI the template's image stands for"),
      TagSpecifications: z.array(tagsSchema).default([]),
    }),
  }),
]);

/** What a launch from a template makes. */
export interface Template {
  /** The AMI. */
  imageId: string;
  /** On each instance. */
  instanceTags: Record<string, string>;
}

/**
 * What a launch from the template's default version makes now. Where the template names an SSM parameter for its image, EC2
 * looks it up (`ResolveAlias`), so this needs no rights at SSM but those of a launch.
 * @throws DriverError `not-found` when there is no such template
 */
export async function describeTemplate(
  client: EC2Client,
  templateName: string,
  signal?: AbortSignal,
): Promise<Template> {
  const what = `look up launch template ${templateName}`;
  const command = new DescribeLaunchTemplateVersionsCommand({
    LaunchTemplateName: templateName,
    Versions: ["$Default"],
    ResolveAlias: true,
  });
  const answer = await call(what, signal, (options) => client.send(command, options));
  const [{ LaunchTemplateData: data }] = parseAnswer(what, versionsSchema, answer.LaunchTemplateVersions ?? []);
  const instances = data.TagSpecifications.filter(({ ResourceType }) => ResourceType === "instance");
  const tags = instances.flatMap(({ Tags }) => Tags).map(({ Key, Value }): [string, string] => [Key, Value]);
  return { imageId: data.ImageId, instanceTags: Object.fromEntries(tags) };
}
