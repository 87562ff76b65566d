import { CreateTagsCommand, DeleteTagsCommand } from "@aws-sdk/client-ec2";
import { ec2 } from "../clients.ts";
import { type Tags, tagChanges, tagList, vendorCall } from "../vendor.ts";

/** Brings the tags of an EC2 resource from one set to another. */
export async function changeEc2Tags(
  id: string,
  before: Tags | undefined,
  after: Tags | undefined,
  region: string | undefined,
): Promise<void> {
  const { set, removed } = tagChanges(before, after);
  const doing = `updating tags for EC2 resource (${id})`;
  if (removed.length > 0) {
    const command = new DeleteTagsCommand({ Resources: [id], Tags: removed.map((Key) => ({ Key })) });
    await vendorCall(doing, "EC2: DeleteTags", ec2(region).send(command));
  }
  if (Object.keys(set).length > 0) {
    const command = new CreateTagsCommand({ Resources: [id], Tags: tagList(set) });
    await vendorCall(doing, "EC2: CreateTags", ec2(region).send(command));
  }
}

/** Tags to put on at creation; EC2 refuses an empty list. */
export function tagSpecifications(
  resourceType: "security-group" | "security-group-rule" | "launch-template",
  tags: Tags | undefined,
) {
  if (!tags || Object.keys(tags).length === 0) return {};
  return { TagSpecifications: [{ ResourceType: resourceType, Tags: tagList(tags) }] };
}
