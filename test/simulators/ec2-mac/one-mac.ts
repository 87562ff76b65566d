/**
 * One simulated Mac without an AWS, in a process of its own: `node one-mac.ts FOLDER SCRIPT`. Prints what the script
 * printed, as JSON, and stays until its stdin ends.
 */
import { text } from "node:stream/consumers";
import { createSimClock } from "../../../simulators/ec2-mac/clock.ts";
import { startGuests } from "../../../simulators/ec2-mac/guest/guests.ts";
import { emptyState } from "../../../simulators/ec2-mac/state.ts";
import { until } from "../../support/until.ts";

const [folder = "", script = ""] = process.argv.slice(2);
const clock = createSimClock();
const now = clock.now();
const place = { hostId: "h-1", region: "us-west-2", instanceType: "mac2.metal", tags: {} };
const off = { autoPlacement: "off", hostRecovery: "off", hostMaintenance: "off" } as const;
const state = emptyState();
state.hosts.push({ ...place, ...off, zone: "us-west-2a", allocatedAt: now });
state.instances.push({
  ...place,
  instanceId: "i-1",
  imageId: "ami-1",
  shutdownBehavior: "terminate",
  subnetId: "subnet-1",
  vpcId: "vpc-1",
  securityGroupIds: [],
  metadataOptions: {},
  privateIp: "10.0.0.1",
  launchedAt: now,
  runningFrom: now,
  bootedFrom: now,
});
const guests = await startGuests({ folder }, { state, clock, url: "http://127.0.0.1:9", shutDown: () => {} });
await until(() => guests.isUp("i-1"));
process.stdout.write(JSON.stringify(await guests.run("i-1", script)));
process.stdout.write("\n");
await text(process.stdin);
await guests.close();
