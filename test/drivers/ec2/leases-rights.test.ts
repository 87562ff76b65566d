import { deepEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateLaunchTemplateCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { ec2Client } from "../../../drivers/ec2/client.ts";
import { type HostLeasesInputs, lifecycle } from "../../../drivers/ec2/host-leases-resource.ts";
import { allocateHosts } from "../../../drivers/ec2/hosts.ts";
import { runOnHost } from "../../../drivers/ec2/instances.ts";
import { poolMark } from "../../../model/ec2-mac/lease-mark.ts";
import { leasesPolicy } from "../../../model/plan/people-permissions.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";
import { watchAws } from "../../support/aws-actions.ts";

const region = "us-west-2";
const fleetId = "mobile-1a2b3c4d";
const tags = poolMark(fleetId, "macs");
let aws: TestAws;
let ec2: EC2Client;
before(async () => {
  aws = await startTestAws();
  ec2 = ec2Client({ region });
});
after(async () => {
  ec2.destroy();
  await aws.close();
});

function wanting(hostIds: string[]): HostLeasesInputs {
  return { region, hostIds, names: [], hostMaintenance: "off", fleetId, pool: "macs", graceSeconds: 0 };
}

test("whoever gives hosts back may do what that takes, from the first host to the last, and nothing else", async () => {
  const order = { zone: `${region}a`, instanceType: "mac2.metal", quantity: 2, clientToken: "two", tags };
  const hostIds = await allocateHosts(ec2, order);
  const [stays = "", leaves = ""] = hostIds;
  const LaunchTemplateData = { ImageId: "ami-0123456789abcdef0", InstanceType: "mac2.metal" } as const;
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "macs", LaunchTemplateData }));
  await runOnHost(ec2, { hostId: leaves, launchTemplateName: "macs", clientToken: "one", tags });

  const watch = watchAws(aws);
  const { id, outs } = await lifecycle.create(wanting(hostIds));
  for (const wanted of [[stays], hostIds, [stays], [stays]]) await lifecycle.update(id, outs, wanting(wanted));
  aws.clock.advance(25 * 3600);
  await lifecycle.remove(id, wanting([stays]));
  watch.stop();
  const granted = leasesPolicy({ region, account: "123456789012", name: "mobile" }).Statement.flatMap(
    ({ Action }) => Action,
  );
  deepEqual([...watch.actions].toSorted(), [...new Set(granted)].toSorted());
});
