import type { DedicatedHost } from "@pulumi/aws/ec2/dedicatedHost.js";
import * as pulumi from "@pulumi/pulumi";
import { poolPolicy } from "../../controllers/pool/policy.ts";
import { fleetMarkTag, type PoolPlace } from "../../model/names.ts";
import { planEc2MacPool } from "../../model/plan/ec2-mac.ts";
import { declaredHosts, type OwnedHost } from "../../model/plan/host-owners.ts";
import type {
  AlertSettings,
  Ec2MacImageSettings,
  Ec2MacPoolSettings,
  NotifySettings,
  RunnerSettings,
} from "../../model/settings.ts";
import { createAlarms } from "./alarms.ts";
import { createController } from "./controller.ts";
import { createDashboard } from "./dashboard.ts";
import { createEnds } from "./ends.ts";
import { createHosts } from "./hosts.ts";
import { createInstanceRole } from "./instance-role.ts";
import { createLaunchTemplate } from "./launch-template.ts";
import { createSchedules } from "./schedules.ts";
import { accountOf } from "./scope.ts";
import { createSecurityGroup } from "./security-group.ts";
import { createSetUpScript } from "./set-up-script.ts";
import { createTopic } from "./topic.ts";

/** What an EC2 Mac pool is made from. */
export interface Ec2MacPoolArgs {
  place: PoolPlace;
  pool: Ec2MacPoolSettings;
  image: Ec2MacImageSettings;
  alerts: AlertSettings;
  notify: NotifySettings;
  /** Whom its Macs work for. */
  runner: RunnerSettings;
  /** The token for the API of that CI system, for the controller in AWS. */
  apiToken: pulumi.Output<string> | undefined;
  /** The fleet's mark, on everything that it owns. */
  fleetId: pulumi.Output<string>;
  /** The hosts that it has now. */
  held: readonly OwnedHost[];
  tags: Readonly<Record<string, string>>;
}

/**
 * Dedicated Macs on EC2, what their instances are launched with and ended by, and the controller that keeps them. The
 * instances themselves come and go and belong to that controller, and so do hosts that it makes. A host is billed for 24
 * hours at least; one that is given up is drained and released as soon as AWS allows.
 */
export class Ec2MacPool extends pulumi.ComponentResource {
  /** Those that the program declares, in the order of their names. */
  readonly hosts: DedicatedHost[];
  /** The id of the launch template of the pool's instances. */
  readonly launchTemplateId: pulumi.Output<string>;

  constructor(name: string, args: Ec2MacPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mac-runner-fleet:ec2-mac:Pool", name, {}, opts);
    const { pool, place, image, alerts } = args;
    const plan = planEc2MacPool(place, pool, image, alerts, args.tags);
    const mark = { [fleetMarkTag]: args.fleetId };
    const tags = { ...plan.sharedTags, ...mark };
    const scope = { name, place, pool, fleetId: args.fleetId, mark, tags, parent: this };

    const { hosts, leases } = createHosts(scope, plan, declaredHosts(plan.hosts, args.held));
    const script = createSetUpScript(scope, args.runner, poolPolicy(pool, plan, ""));
    const { role, profile } = createInstanceRole(scope, plan, alerts, script);
    const template = createLaunchTemplate(scope, plan, alerts, createSecurityGroup(scope), profile, script);
    const topic = createTopic(scope, args.notify);
    const account = role.arn.apply(accountOf);
    const ends = createEnds(scope, { plan, alerts, account, topic });
    const controller =
      pool.controller === "aws"
        ? createController(scope, { ...args, plan, account, ends, leases, instanceRole: role, template })
        : undefined;
    createSchedules(scope, account, { controller, sweeper: ends.sweeper }, leases);
    createDashboard(scope, createAlarms(scope, plan, topic));

    this.hosts = hosts;
    this.launchTemplateId = template.id;
    this.registerOutputs({ hosts: this.hosts.map((host) => host.id), launchTemplateId: this.launchTemplateId });
  }
}
