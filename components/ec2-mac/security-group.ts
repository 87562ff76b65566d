import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { awsName } from "../../model/names.ts";
import type { PoolScope } from "./scope.ts";

const SshPort = 22;

/** Declares the pool's firewall: nothing comes in unless the settings name who may use ssh; everything may go out. */
export function createSecurityGroup(scope: PoolScope): SecurityGroup {
  const { name, place, pool, parent, tags } = scope;
  const group = new SecurityGroup(
    `${name}-macs`,
    {
      region: pool.region,
      name: awsName("securityGroup", place),
      description: `Macs of pool ${pool.name}`,
      ...(pool.vpcId ? { vpcId: pool.vpcId } : {}),
      tags,
    },
    // Instances that are ended by the same run hold on to it until they are gone, and a Mac may take a quarter of an hour.
    { parent, customTimeouts: { delete: "60m" } },
  );
  const common = { region: pool.region, securityGroupId: group.id, tags };
  new SecurityGroupEgressRule(
    `${name}-outbound`,
    { ...common, description: "Jobs reach what they need", ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" },
    { parent },
  );
  for (const cidrIpv4 of pool.sshFrom)
    new SecurityGroupIngressRule(
      `${name}-ssh-from-${cidrIpv4}`,
      { ...common, description: "ssh", ipProtocol: "tcp", fromPort: SshPort, toPort: SshPort, cidrIpv4 },
      { parent },
    );
  return group;
}
