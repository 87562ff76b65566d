import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  type InstanceProfile,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  UntagInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import { defineResource } from "../../shared/provider.ts";
import { iam } from "../clients.ts";
import {
  arnProperty,
  autoName,
  changeTags,
  exclusive,
  nameOf,
  nameProperties,
  type Tags,
  tagList,
  tagOutputs,
  tagProperties,
  unlessGone,
  vendorCall,
} from "../vendor.ts";
import { iamOutputs, vendorTime } from "./common.ts";

interface Inputs {
  name?: string | undefined;
  namePrefix?: string | undefined;
  path: string;
  role?: string | undefined;
  tags?: Tags | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  createDate: string;
  uniqueId: string;
  tagsAll: Tags;
}

/** An instance profile: hands a role to instances. */
export const instanceProfile = defineResource<Inputs, Outputs>({
  token: "aws:iam/instanceProfile:InstanceProfile",
  properties: {
    ...nameProperties,
    ...tagProperties,
    ...arnProperty,
    ...iamOutputs,
    path: { type: "string", default: "/", replaces: true },
    role: { type: "string" },
  },
  settle: autoName(128),
  rules: (inputs) => exclusive(inputs, ["name", "namePrefix"]),

  async create(inputs) {
    const name = nameOf(inputs);
    const tags = inputs.tags ? { Tags: tagList(inputs.tags) } : {};
    const command = new CreateInstanceProfileCommand({ InstanceProfileName: name, Path: inputs.path, ...tags });
    await vendorCall(`creating IAM Instance Profile (${name})`, "IAM: CreateInstanceProfile", iam().send(command));
    await changeRole(name, undefined, inputs.role);
    return { id: name, outs: await existing(name, inputs) };
  },

  async read(id, state) {
    const found = await find(id);
    return found && outputs(found, state);
  },

  async update(id, olds, news) {
    await changeRole(id, olds.role, news.role);
    await changeTags(olds.tagsAll, news.tags, {
      tag: (Tags) => iam().send(new TagInstanceProfileCommand({ InstanceProfileName: id, Tags })),
      untag: (TagKeys) => iam().send(new UntagInstanceProfileCommand({ InstanceProfileName: id, TagKeys })),
    });
    return existing(id, news);
  },

  async delete(id, state) {
    await unlessGone(["NoSuchEntityException"], changeRole(id, state.role, undefined));
    const sent = iam().send(new DeleteInstanceProfileCommand({ InstanceProfileName: id }));
    const deleting = vendorCall(`deleting IAM Instance Profile (${id})`, "IAM: DeleteInstanceProfile", sent);
    await unlessGone(["NoSuchEntityException"], deleting);
  },
});

/** A profile holds one role at most, so the old one goes first. */
async function changeRole(id: string, before: string | undefined, after: string | undefined): Promise<void> {
  if (before === after) return;
  const doing = `updating IAM Instance Profile (${id})`;
  if (before) {
    const command = new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: id, RoleName: before });
    await vendorCall(doing, "IAM: RemoveRoleFromInstanceProfile", iam().send(command));
  }
  if (after) {
    const command = new AddRoleToInstanceProfileCommand({ InstanceProfileName: id, RoleName: after });
    await vendorCall(doing, "IAM: AddRoleToInstanceProfile", iam().send(command));
  }
}

async function find(id: string): Promise<InstanceProfile | undefined> {
  const sent = iam().send(new GetInstanceProfileCommand({ InstanceProfileName: id }));
  const reading = vendorCall(`reading IAM Instance Profile (${id})`, "IAM: GetInstanceProfile", sent);
  return (await unlessGone(["NoSuchEntityException"], reading))?.InstanceProfile;
}

async function existing(id: string, asked: Inputs): Promise<Outputs> {
  const found = await find(id);
  if (!found) throw new Error(`reading IAM Instance Profile (${id}): couldn't find resource`);
  return outputs(found, asked);
}

function outputs(found: InstanceProfile, asked: Partial<Inputs>): Outputs {
  return {
    name: found.InstanceProfileName ?? "",
    namePrefix: asked.namePrefix,
    arn: found.Arn ?? "",
    createDate: vendorTime(found.CreateDate),
    path: found.Path ?? "/",
    role: found.Roles?.[0]?.RoleName,
    uniqueId: found.InstanceProfileId ?? "",
    ...tagOutputs(found.Tags as { Key: string; Value: string }[] | undefined, asked.tags),
  };
}
