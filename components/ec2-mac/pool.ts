import type { DedicatedHost } from "@pulumi/aws/ec2/dedicatedHost.js";
import * as pulumi from "@pulumi/pulumi";
import { fleetMarkTag, type PoolPlace } from "../../model/names.ts";
import { planEc2MacPool } from "../../model/plan/ec2-mac.ts";
import type { AlertSettings, Ec2MacImageSettings, Ec2MacPoolSettings, NotifySettings } from "../../model/settings.ts";
import { createAlarms } from "./alarms.ts";
import { createHosts } from "./hosts.ts";
import { createInstanceRole } from "./instance-role.ts";
import { createLaunchTemplate } from "./launch-template.ts";
import { createSecurityGroup } from "./security-group.ts";

/** What an EC2 Mac pool is made from. */
export interface Ec2MacPoolArgs {
  place: PoolPlace;
  pool: Ec2MacPoolSettings;
  image: Ec2MacImageSettings;
  alerts: AlertSettings;
  notify: NotifySettings;
  /** The fleet's mark, on everything that it owns. */
  fleetId: pulumi.Output<string>;
  tags: Readonly<Record<string, string>>;
}

/**
 * Dedicated Macs on EC2 and what their instances are launched with. The instances themselves come and go with their
 * jobs and belong to the pool's controller. A host is billed for 24 hours at least and cannot be released earlier.
 */
export class Ec2MacPool extends pulumi.ComponentResource {
  /** One for each declared host, in the order of their names. */
  readonly hosts: DedicatedHost[];
  /** The id of the launch template of the pool's instances. */
  readonly launchTemplateId: pulumi.Output<string>;

  constructor(name: string, args: Ec2MacPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mac-runner-fleet:ec2-mac:Pool", name, {}, opts);
    const scope = {
      name,
      place: args.place,
      pool: args.pool,
      mark: { [fleetMarkTag]: args.fleetId },
      parent: this,
    };
    const plan = planEc2MacPool(args.place, args.pool, args.image, args.alerts, args.tags);
    this.hosts = createHosts(scope, plan, args.fleetId);
    const group = createSecurityGroup(scope, plan);
    const profile = createInstanceRole(scope, plan, args.alerts);
    this.launchTemplateId = createLaunchTemplate(scope, plan, group, profile).id;
    createAlarms(scope, plan, args.notify);
    this.registerOutputs({ hosts: this.hosts.map((host) => host.id), launchTemplateId: this.launchTemplateId });
  }
}
