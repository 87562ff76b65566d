import type { EC2Client } from "@aws-sdk/client-ec2";
import { describeTemplate } from "../../drivers/ec2/template.ts";
import { setUpScriptTag } from "../../model/ec2-mac/policy.ts";
import type { NewLives } from "./pool.ts";

/** What instances launched from the template run now. @throws DriverError `not-found` when there is no such template */
export async function newLivesOf(ec2: EC2Client, templateName: string, signal: AbortSignal): Promise<NewLives> {
  const { imageId, instanceTags } = await describeTemplate(ec2, templateName, signal);
  const setUpScript = instanceTags[setUpScriptTag];
  return { imageId, ...(setUpScript && { setUpScript }) };
}
