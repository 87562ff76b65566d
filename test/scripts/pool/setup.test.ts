import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { GetParameterCommand, ListTagsForResourceCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describeInstances } from "../../../drivers/ec2/instances.ts";
import { agentCall } from "../../simulators/buildkite/support.ts";
import { People, type PeopleStack } from "./people.ts";

const hour = 3600;
const ssm = new SSMClient({ region: "us-west-2" });
let people: People;

before(async () => {
  people = await People.start();
});
after(async () => {
  ssm.destroy();
  await people.close();
});

interface Mac {
  stack: PeopleStack;
  instanceId: string;
}

/** A stack with one Mac that has booted. */
async function bootedMac(about: Parameters<People["stack"]>[0]): Promise<Mac> {
  const stack = await people.stack(about);
  const instanceId = await stack.launch(await stack.allocate("mac-1"), "mac-1");
  people.aws.clock.advance(hour);
  return { stack, instanceId };
}

/** What was put down for the Mac, whoever may read it, and since when it is said to be set up. */
async function handedOver({ stack, instanceId }: Mac) {
  const Name = `/mac-runner-fleet/${stack.fleetId}/macs/${instanceId}/credential`;
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  const { TagList = [] } = await ssm.send(
    new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: Name }),
  );
  const [instance] = await describeInstances(people.ec2, { ids: [instanceId] });
  return {
    secret: Parameter?.Value ?? "",
    type: Parameter?.Type,
    tags: Object.fromEntries(TagList.map(({ Key = "", Value = "" }) => [Key, Value])),
    setUpAt: Number(instance?.tags["mac-runner-fleet:set-up-at"] ?? 0),
  };
}

test("setup says why it can make no credential, and ends with 1", async () => {
  const { stack, instanceId } = await bootedMac({});
  const dry = await stack.type("pool setup --dry-run");
  match(dry.out, new RegExp(`macs/mac-1 {2}set-up ${instanceId}: booted after its launch$`));
  const { out, exitCode } = await stack.type("pool setup mac-1");
  equal(exitCode, 1);
  match(out, /set-up failed i-\w+: booted after its launch\n {4}look up role \S+\n {6}NoSuchEntity/);
  match((await stack.type("pool setup mac-9")).err, /^mac-9: the pool has no such host/);
});

for (const controller of ["none", "aws"] as const)
  test(`Buildkite, controller ${controller}: the Mac gets an agent token that is good, and only it may read it`, async () => {
    const mac = await bootedMac({ controller });
    const roleId = await mac.stack.makeRole();
    const { out, exitCode } = await mac.stack.type("pool setup");
    match(out, /macs\/mac-1 {2}set-up done i-\w+: booted after its launch$/);
    equal(exitCode, 0);
    const { secret, type, tags, setUpAt } = await handedOver(mac);
    equal(type, "SecureString");
    deepEqual(tags, { ...mac.stack.mark, "mac-runner-fleet:reader": `${roleId}:${mac.instanceId}` });
    ok(Math.abs(setUpAt - people.aws.clock.now() / 1000) < 60);
    const own = () =>
      people.buildkite.state.clusterTokens.filter(({ description }) => description.includes(mac.stack.poolId));
    deepEqual(
      own().map((token) => token.description),
      [`mac-runner-fleet ${mac.stack.poolId} ${mac.instanceId}`],
    );
    equal((await mac.stack.type("pool setup")).out, "macs: nothing to set up");
    match((await mac.stack.type("pool setup mac-1")).err, /it is setting-up\.\n {2}Add --force to hand it a new/);
    match((await mac.stack.type("pool setup mac-1 --force")).out, /set-up done i-\w+: begun before; asked by hand$/);
    equal(own().length, 1, "the first one has been withdrawn");
    equal((await agentCall(people.buildkite, secret, "POST", "register", { name: "m" })).status, 401);
    const renewed = (await handedOver(mac)).secret;
    equal((await register(mac, renewed)).status, 200);
    match((await mac.stack.type("pool status")).out, /mac-1 .* ready .* idle/);
    const drained = await mac.stack.type("pool drain mac-1");
    match(
      drained.out,
      /^the runner on i-\w+ has been told to take no further job; then the Mac gets a new root volume$/,
    );
    match((await mac.stack.type("pool timeline mac-1 --last 1")).out, /drain done i-\w+: by hand/);
    match((await mac.stack.type("pool status")).out, /mac-1 .* draining /);
  });

async function register({ instanceId }: Mac, secret: string) {
  const name = `mac-1-${instanceId}`;
  const registration = { name, hostname: name, version: "3.115.0", meta_data: ["queue=macs"] };
  const answer = await agentCall(people.buildkite, secret, "POST", "register", registration);
  await agentCall(people.buildkite, answer.body.access_token, "POST", "connect");
  return answer;
}

for (const controller of ["none", "aws"] as const)
  test(`GitHub, controller ${controller}: the Mac gets the configuration of a runner for one job`, async () => {
    const mac = await bootedMac({ controller, ci: "github" });
    await mac.stack.makeRole();
    equal((await mac.stack.type("pool setup --json")).exitCode, 0);
    const { secret, type } = await handedOver(mac);
    equal(type, "SecureString");
    ok(Buffer.from(secret, "base64").length > 100);
    const runner = people.github.state.runners.find(({ name }) => name.includes(mac.instanceId));
    deepEqual([runner?.groupId, runner?.labels], [7, ["self-hosted", "macOS", "ARM64"]]);
  });
