import { DescribeLaunchTemplateVersionsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { call, parseAnswer } from "./call.ts";

const versionsSchema = z.tuple([
  z.object({
    LaunchTemplateData: z.object({
      ImageId: z.string().regex(/^ami-/, "EC2 did not say which AMI the template's image stands for"),
    }),
  }),
]);

/**
 * The AMI that a launch from the template's default version gets now. Where the template names an SSM parameter, EC2
 * looks it up (`ResolveAlias`), so this needs no rights at SSM but those of a launch.
 * @throws DriverError `not-found` when there is no such template
 */
export async function templateImage(client: EC2Client, templateName: string, signal?: AbortSignal): Promise<string> {
  const what = `look up the image of launch template ${templateName}`;
  const command = new DescribeLaunchTemplateVersionsCommand({
    LaunchTemplateName: templateName,
    Versions: ["$Default"],
    ResolveAlias: true,
  });
  const answer = await call(what, signal, (options) => client.send(command, options));
  const [version] = parseAnswer(what, versionsSchema, answer.LaunchTemplateVersions ?? []);
  return version.LaunchTemplateData.ImageId;
}
