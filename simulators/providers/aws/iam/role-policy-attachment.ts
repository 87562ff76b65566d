import { AttachRolePolicyCommand, DetachRolePolicyCommand, ListAttachedRolePoliciesCommand } from "@aws-sdk/client-iam";
import { defineResource } from "../../shared/provider.ts";
import { iam } from "../clients.ts";
import { unlessGone, vendorCall } from "../vendor.ts";

interface Inputs {
  policyArn: string;
  role: string;
}

/** A managed policy on a role. Its id is `role/policy-arn`. */
export const rolePolicyAttachment = defineResource<Inputs, Inputs>({
  token: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  properties: {
    policyArn: { type: "string", required: true, replaces: true },
    role: { type: "string", required: true, replaces: true },
  },

  async create({ role, policyArn }) {
    const sent = iam().send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn: policyArn }));
    await vendorCall(`attaching IAM Policy (${policyArn}) to IAM Role (${role})`, "IAM: AttachRolePolicy", sent);
    return { id: `${role}/${policyArn}`, outs: { role, policyArn } };
  },

  async read(id) {
    const { role, policyArn } = parts(id);
    const sent = iam().send(new ListAttachedRolePoliciesCommand({ RoleName: role }));
    const doing = `reading IAM Role Policy Attachment (${id})`;
    const found = await unlessGone(["NoSuchEntityException"], vendorCall(doing, "IAM: ListAttachedRolePolicies", sent));
    const isAttached = found?.AttachedPolicies?.some((policy) => policy.PolicyArn === policyArn);
    return isAttached ? { role, policyArn } : undefined;
  },

  async delete(id) {
    const { role, policyArn } = parts(id);
    const sent = iam().send(new DetachRolePolicyCommand({ RoleName: role, PolicyArn: policyArn }));
    const doing = `detaching IAM Policy (${policyArn}) from IAM Role (${role})`;
    await unlessGone(["NoSuchEntityException"], vendorCall(doing, "IAM: DetachRolePolicy", sent));
  },
});

/** A role's name has no slash in it, an ARN may have many. */
function parts(id: string): Inputs {
  const slash = id.indexOf("/");
  if (slash < 1) throw new Error(`unexpected format of ID (${id}), expected role-name/policy_arn`);
  return { role: id.slice(0, slash), policyArn: id.slice(slash + 1) };
}
