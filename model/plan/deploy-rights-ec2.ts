import { ec2Kind } from "./arns.ts";
import type { Right, RightsByType, TypeRights } from "./deploy-right.ts";
import { madeForStack, ofStack, type PermittedStack } from "./stack-scope.ts";

const kinds =
  (...names: string[]) =>
  (to: PermittedStack) =>
    names.map((name) => ec2Kind(to, name));
const tagOwn = (kind: string): Right => ({
  actions: ["ec2:CreateTags", "ec2:DeleteTags"],
  on: kinds(kind),
  when: ofStack,
});
/** EC2 asks whether the tags that something is made with may be given. */
const tagNew = (kind: string, ...makers: string[]): Right => ({
  actions: ["ec2:CreateTags"],
  on: kinds(kind),
  when: () => ({ StringEquals: { "ec2:CreateAction": makers } }),
});

function ruleRights(direction: "Egress" | "Ingress"): TypeRights {
  const authorize = `ec2:AuthorizeSecurityGroup${direction}`;
  return {
    sid: `${direction}Rule`,
    lists: ["ec2:DescribeSecurityGroupRules"],
    changes: [
      { actions: [authorize], on: kinds("security-group-rule"), when: madeForStack },
      {
        actions: [authorize, "ec2:ModifySecurityGroupRules", `ec2:RevokeSecurityGroup${direction}`],
        on: kinds("security-group"),
        when: ofStack,
      },
      { actions: ["ec2:ModifySecurityGroupRules"], on: kinds("security-group-rule"), when: ofStack },
      tagNew("security-group-rule", `AuthorizeSecurityGroup${direction}`),
      tagOwn("security-group-rule"),
    ],
  };
}

/** What the program declares in EC2. Things there have ids of EC2's choice, so the stack's are told by its mark. */
export const hostRights: RightsByType = {
  "aws:ec2/dedicatedHost:DedicatedHost": {
    sid: "Host",
    lists: ["ec2:DescribeHosts"],
    changes: [
      { actions: ["ec2:AllocateHosts"], on: kinds("dedicated-host"), when: madeForStack },
      { actions: ["ec2:ModifyHosts"], on: kinds("dedicated-host"), when: ofStack },
      tagNew("dedicated-host", "AllocateHosts"),
      tagOwn("dedicated-host"),
    ],
  },
  "aws:ec2/launchTemplate:LaunchTemplate": {
    sid: "Template",
    lists: ["ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"],
    changes: [
      { actions: ["ec2:CreateLaunchTemplate"], on: kinds("launch-template"), when: madeForStack },
      {
        actions: ["ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplate", "ec2:ModifyLaunchTemplate"],
        on: kinds("launch-template"),
        when: ofStack,
      },
      tagNew("launch-template", "CreateLaunchTemplate"),
      tagOwn("launch-template"),
    ],
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    sid: "Firewall",
    // The provider looks for network interfaces that keep a group from being deleted.
    lists: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups"],
    changes: [
      { actions: ["ec2:CreateSecurityGroup"], on: kinds("security-group"), when: madeForStack },
      { actions: ["ec2:CreateSecurityGroup"], on: kinds("vpc") },
      // A new group lets everything out until the provider takes that rule away.
      {
        actions: ["ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupEgress"],
        on: kinds("security-group"),
        when: ofStack,
      },
      tagNew("security-group", "CreateSecurityGroup"),
      tagOwn("security-group"),
    ],
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ruleRights("Egress"),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ruleRights("Ingress"),
};
