import { deepEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { readSettings } from "../../controllers/lambda/settings.ts";
import { ec2Client } from "../../drivers/ec2/client.ts";
import { allocateHosts } from "../../drivers/ec2/hosts.ts";
import { madeByController, poolMark } from "../../model/ec2-mac/lease-mark.ts";
import { startTestAws, type TestAws } from "../simulators/ec2-mac/aws.ts";
import { type Declared, runProgram } from "../support/program.ts";

let aws: TestAws;
let declared: Declared[];
const inputsOf = (type: string) => declared.filter((resource) => resource.type === type).map(({ inputs }) => inputs);

before(async () => {
  aws = await startTestAws();
  const client = ec2Client({ region: "us-east-1" });
  const order = { zone: "us-east-1a", instanceType: "mac2.metal", quantity: 1 };
  const tags = { ...poolMark("ci-macs-production-0badcafe", "macm1"), ...madeByController };
  for (const Name of ["MacM1-2", "MacM1-9"])
    await allocateHosts(client, { ...order, clientToken: Name, tags: { ...tags, Name } });
  const others = { ...poolMark("ci-macs-production-12345678", "macm1"), ...madeByController, Name: "MacM1-1" };
  await allocateHosts(client, { ...order, clientToken: "others", tags: others });
  client.destroy();
  declared = await runProgram("production", (config) => {
    const [pool] = config["mac-runner-fleet:pools"] as object[];
    Object.assign(pool ?? {}, { hosts: 3, sizing: { maxHosts: 9, spareDeviations: 2 } });
  });
});
after(() => aws.close());

test("only what the pool always has is declared, without what its own controller has made", () => {
  const hosts = inputsOf("aws:ec2/dedicatedHost:DedicatedHost");
  deepEqual(
    hosts.map(({ tags }) => (tags as Record<string, string>).Name),
    ["MacM1-1", "MacM1-3"],
  );
  const [{ hostIds, names } = {}] = inputsOf("pulumi-nodejs:dynamic/fleet:HostLeases");
  deepEqual([hostIds, (names as string[]).length], [["macm1-MacM1-1-id", "macm1-MacM1-3-id"], 9]);
});

test("the controller knows how far it may go, and what is not its own", () => {
  const controller = inputsOf("aws:lambda/function:Function").find(({ handler }) => handler === "index.pool");
  const { variables = {} } = (controller?.environment ?? {}) as { variables?: Record<string, string> };
  const { policy } = readSettings(variables.FLEET_POOL);
  deepEqual(policy.sizing, { least: 3, most: 9, deviations: 2, answered: 0.8 });
  deepEqual(
    policy.hosts.map(({ standing = false }) => standing),
    [true, true, true, false, false, false, false, false, false],
  );
});
