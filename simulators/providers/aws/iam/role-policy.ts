import { DeleteRolePolicyCommand, GetRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { defineResource } from "../../shared/provider.ts";
import { iam } from "../clients.ts";
import { autoName, exclusive, nameOf, nameProperties, sameJson, unlessGone, vendorCall } from "../vendor.ts";

interface Inputs {
  name?: string | undefined;
  namePrefix?: string | undefined;
  policy: string;
  role: string;
}

/** A policy inside a role. Its id is `role:policy`. */
export const rolePolicy = defineResource<Inputs, Inputs>({
  token: "aws:iam/rolePolicy:RolePolicy",
  properties: {
    ...nameProperties,
    policy: { type: "string", required: true, same: sameJson },
    role: { type: "string", required: true, replaces: true },
  },
  settle: autoName(128),
  rules: (inputs) => exclusive(inputs, ["name", "namePrefix"]),

  async create(inputs) {
    const name = nameOf(inputs);
    await put(inputs.role, name, inputs.policy);
    return { id: `${inputs.role}:${name}`, outs: { ...inputs, name } };
  },

  async read(id, state) {
    const { role, name } = parts(id);
    const sent = iam().send(new GetRolePolicyCommand({ RoleName: role, PolicyName: name }));
    const reading = vendorCall(`reading IAM Role Policy (${id})`, "IAM: GetRolePolicy", sent);
    const found = await unlessGone(["NoSuchEntityException"], reading);
    const policy = found && decodeURIComponent(found.PolicyDocument ?? "");
    return policy === undefined ? undefined : { role, name, namePrefix: state.namePrefix, policy };
  },

  async update(id, olds, news) {
    const { role, name } = parts(id);
    await put(role, name, news.policy);
    return { ...news, name: olds.name };
  },

  async delete(id) {
    const { role, name } = parts(id);
    const sent = iam().send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName: name }));
    await unlessGone(
      ["NoSuchEntityException"],
      vendorCall(`deleting IAM Role Policy (${id})`, "IAM: DeleteRolePolicy", sent),
    );
  },
});

async function put(RoleName: string, PolicyName: string, PolicyDocument: string): Promise<void> {
  const command = new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument });
  await vendorCall(`putting IAM Role (${RoleName}) Policy (${PolicyName})`, "IAM: PutRolePolicy", iam().send(command));
}

function parts(id: string): { role: string; name: string } {
  const [role = "", name = ""] = id.split(":");
  if (!role || !name) throw new Error(`unexpected format of ID (${id}), expected role-name:role-policy-name`);
  return { role, name };
}
