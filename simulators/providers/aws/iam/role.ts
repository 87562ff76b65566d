import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetRoleCommand,
  PutRolePermissionsBoundaryCommand,
  type Role,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import { defineResource } from "../../shared/provider.ts";
import { iam } from "../clients.ts";
import {
  arnProperty,
  autoName,
  changeTags,
  exclusive,
  ignoredProperties,
  nameOf,
  nameProperties,
  notStoodIn,
  sameJson,
  type Tags,
  tagList,
  tagOutputs,
  tagProperties,
  unlessGone,
  vendorCall,
} from "../vendor.ts";
import { iamOutputs, vendorTime } from "./common.ts";

interface Inputs {
  assumeRolePolicy: string;
  description?: string | undefined;
  forceDetachPolicies: boolean;
  maxSessionDuration: number;
  name?: string | undefined;
  namePrefix?: string | undefined;
  path: string;
  permissionsBoundary?: string | undefined;
  tags?: Tags | undefined;
}

interface Outputs extends Inputs {
  name: string;
  arn: string;
  createDate: string;
  uniqueId: string;
  tagsAll: Tags;
}

const inlineArguments = ["inlinePolicies", "managedPolicyArns"];

/** An IAM role. Its policies are resources of their own; the deprecated arguments for them are refused. */
export const role = defineResource<Inputs, Outputs>({
  token: "aws:iam/role:Role",
  properties: {
    ...nameProperties,
    ...tagProperties,
    ...arnProperty,
    ...iamOutputs,
    ...ignoredProperties(inlineArguments),
    assumeRolePolicy: { type: "string", required: true, same: sameJson },
    description: { type: "string" },
    forceDetachPolicies: { type: "boolean", default: false },
    maxSessionDuration: { type: "number", default: 3600 },
    path: { type: "string", default: "/", replaces: true },
    permissionsBoundary: { type: "string" },
  },
  settle: autoName(64),
  rules: (inputs) => [...exclusive(inputs, ["name", "namePrefix"]), ...notStoodIn(inputs, inlineArguments)],

  async create(inputs) {
    const name = nameOf(inputs);
    const command = new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: inputs.assumeRolePolicy,
      Path: inputs.path,
      MaxSessionDuration: inputs.maxSessionDuration,
      Description: inputs.description,
      PermissionsBoundary: inputs.permissionsBoundary,
      ...(inputs.tags ? { Tags: tagList(inputs.tags) } : {}),
    });
    await vendorCall(`creating IAM Role (${name})`, "IAM: CreateRole", iam().send(command));
    return { id: name, outs: await existing(name, inputs) };
  },

  async read(id, state) {
    const found = await find(id);
    return found && outputs(found, state);
  },

  async update(id, olds, news) {
    await change(id, olds, news);
    await changeTags(olds.tagsAll, news.tags, {
      tag: (Tags) => iam().send(new TagRoleCommand({ RoleName: id, Tags })),
      untag: (TagKeys) => iam().send(new UntagRoleCommand({ RoleName: id, TagKeys })),
    });
    return existing(id, news);
  },

  async delete(id) {
    const sent = iam().send(new DeleteRoleCommand({ RoleName: id }));
    await unlessGone(["NoSuchEntityException"], vendorCall(`deleting IAM Role (${id})`, "IAM: DeleteRole", sent));
  },
});

async function change(id: string, olds: Outputs, news: Inputs): Promise<void> {
  const doing = `updating IAM Role (${id})`;
  if (!sameJson(olds.assumeRolePolicy, news.assumeRolePolicy)) {
    const command = new UpdateAssumeRolePolicyCommand({ RoleName: id, PolicyDocument: news.assumeRolePolicy });
    await vendorCall(doing, "IAM: UpdateAssumeRolePolicy", iam().send(command));
  }
  if (olds.description !== news.description || olds.maxSessionDuration !== news.maxSessionDuration) {
    const settings = { Description: news.description ?? "", MaxSessionDuration: news.maxSessionDuration };
    await vendorCall(doing, "IAM: UpdateRole", iam().send(new UpdateRoleCommand({ RoleName: id, ...settings })));
  }
  if (olds.permissionsBoundary === news.permissionsBoundary) return;
  await vendorCall(
    doing,
    "IAM: PutRolePermissionsBoundary",
    news.permissionsBoundary
      ? iam().send(
          new PutRolePermissionsBoundaryCommand({ RoleName: id, PermissionsBoundary: news.permissionsBoundary }),
        )
      : iam().send(new DeleteRolePermissionsBoundaryCommand({ RoleName: id })),
  );
}

async function find(id: string): Promise<Role | undefined> {
  const sent = iam().send(new GetRoleCommand({ RoleName: id }));
  return (await unlessGone(["NoSuchEntityException"], vendorCall(`reading IAM Role (${id})`, "IAM: GetRole", sent)))
    ?.Role;
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const found = await find(id);
  if (!found) throw new Error(`reading IAM Role (${id}): couldn't find resource`);
  return outputs(found, asked);
}

function outputs(found: Role, asked: Partial<Inputs>): Outputs {
  return {
    name: found.RoleName ?? "",
    namePrefix: asked.namePrefix,
    arn: found.Arn ?? "",
    assumeRolePolicy: decodeURIComponent(found.AssumeRolePolicyDocument ?? ""),
    createDate: vendorTime(found.CreateDate),
    description: found.Description || undefined,
    forceDetachPolicies: asked.forceDetachPolicies ?? false,
    maxSessionDuration: found.MaxSessionDuration ?? 3600,
    path: found.Path ?? "/",
    permissionsBoundary: found.PermissionsBoundary?.PermissionsBoundaryArn,
    uniqueId: found.RoleId ?? "",
    ...tagOutputs(found.Tags as { Key: string; Value: string }[] | undefined, asked.tags),
  };
}
