import { deepEqual, equal, match } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { describeHosts } from "../../../drivers/ec2/hosts.ts";
import { describeInstances } from "../../../drivers/ec2/instances.ts";
import { testHostName } from "../../../model/ec2-mac/test-host.ts";
import { People, type PeopleStack, writeProgram } from "./people.ts";

const hour = 3600;
const testName = testHostName(userInfo().username, []);
let people: People;
let stack: PeopleStack;
let instanceId: string;

before(async () => {
  people = await People.start();
  stack = await people.stack();
  instanceId = await stack.launch(await stack.allocate("mac-1"), "mac-1");
  people.aws.clock.advance(hour);
});
after(() => people.close());

test("ssh: through Session Manager, or directly with host keys that are always checked", async () => {
  const session = await stack.type("pool ssh mac-1 --print");
  equal(session.out, `aws ssm start-session --region us-west-2 --target ${instanceId}`);
  const direct = await stack.type(`pool ssh ${instanceId} --direct --vnc --print -- uptime`);
  match(direct.out, /^ssh -o 'StrictHostKeyChecking=ask' .*-L 5900:localhost:5900 ec2-user@\S+ -- uptime$/, direct.err);
  match((await stack.type("pool ssh mac-9 --print")).err, /mac-9: there is no such host/);
  match((await stack.type("pool ssh mac-1 --vnc")).err, /--vnc needs ssh.\n {2}Add --direct/);
});

test("ssh runs the program with this terminal, and says what is missing", async () => {
  writeProgram(people.folder, "aws", `echo "$@" > '${people.folder}/asked'\nexit 7`);
  match((await stack.type("pool ssh mac-1")).err, /session-manager-plugin is not installed/);
  writeProgram(people.folder, "session-manager-plugin", "");
  equal((await stack.type("pool ssh mac-1")).exitCode, 7);
  const asked = readFileSync(join(people.folder, "asked"), "utf8");
  equal(asked, `ssm start-session --region us-west-2 --target ${instanceId}\n`);
});

test("costs and utilization: what a controller has written down", async () => {
  const now = Math.floor(Date.now() / 1000);
  const store = stack.openStore();
  const answer = await store.acquire(stack.poolId, "test");
  if (!("lease" in answer)) throw new Error("held");
  const [host] = await describeHosts(people.ec2, { tags: stack.mark });
  const entry = { hostId: host?.hostId ?? "", hostName: "mac-1", instanceType: "mac2.metal", countedUntil: now };
  const entries = [{ ...entry, billedSeconds: 10 * hour, unbilledSeconds: 2 * hour, jobs: 13 }];
  await store.saveLedger(answer.lease, entries);
  for (const [ago, jobsFinished] of [
    [2 * hour, 3],
    [hour, 4],
  ] as const)
    await store.addSample(answer.lease, { at: now - ago, hosts: 2, ready: 2, busy: 1, jobsFinished });
  await store.release(answer.lease);
  store.close();
  const [row, all] = JSON.parse((await stack.type("pool costs --json")).out);
  deepEqual([row.billed_h, row.unbilled_h, row.usd, row.usd_per_job], ["10.0", "2.0", "6.50", "0.50"]);
  deepEqual([row.usd_to_keep_24h, row.usd_to_return, all.usd], ["15.60", "15.60", "6.50"]);
  equal(JSON.parse((await stack.type("pool costs --json --price mac2.metal=1")).out)[1].usd, "10.00");
  const csv = (await stack.type("pool utilization --csv")).out;
  deepEqual(
    csv.split("\n").map((line) => line.replace(/^\d.*?,/, "")),
    ["timestamp,n_workers,n_tasks_started,n_tasks_finished", "2,4,3", "2,8,7"],
  );
  const [series, ...others] = JSON.parse((await stack.type("pool utilization --json")).out);
  deepEqual([series.pool, series.samples.length, others], ["macs", 2, []]);
  const svg = join(people.folder, "u.svg");
  equal((await stack.type(`pool utilization --svg ${svg}`)).out, `wrote ${svg}`);
  match(readFileSync(svg, "utf8"), /^<svg [\s\S]*<\/svg>\n$/);
});

test("a test host: made, used by no loop, shown, and given back when AWS takes it", async () => {
  equal(
    (await stack.type("pool test-host create --dry-run")).out,
    `would allocate ${testName}, a mac2.metal, 15.60 USD for the first 24 hours at least, and launch on it`,
  );
  equal((await stack.type("pool test-host list")).out, "no test hosts");
  match(
    (await stack.type("pool test-host create")).out,
    new RegExp(`^${testName}: h-\\w+ with i-\\w+\\. It takes no jobs`),
  );
  const status = await stack.type("pool status");
  match(
    status.err,
    new RegExp(`^Test host ${testName} of pool macs has cost up to 0.\\d\\d USD; it can be released from`),
  );
  match(status.out, new RegExp(`\\n\\nPOOL +TEST_HOST[^\\n]*\\nmacs +${testName}`));
  equal(status.out.split("\n").filter((line) => line.startsWith("macs  mac-1")).length, 1);
  match(
    (await stack.type(`pool test-host release ${testName}`)).err,
    /AWS takes it back from \S+ on\.\n {2}Type this again then, or add --when-allowed/,
  );
  const left = await stack.type(`pool test-host release ${testName} --when-allowed`);
  equal(left.exitCode, 0);
  match(left.out, /is released as soon as AWS takes it back, from/);
  const mine = (await describeInstances(people.ec2, { tags: { Name: testName } })).map(({ state }) => state);
  deepEqual(mine, ["shutting-down"]);
  match((await stack.type("pool test-host release mac-1")).err, /mac-1: there is no such test host/);
});

test("sweep: names what has lived too long, and ends it when it is not a dry run", async () => {
  equal((await stack.type("pool sweep --dry-run")).out, "macs: nothing has lived too long");
  people.aws.clock.advance(73 * hour);
  const dry = await stack.type("pool sweep --dry-run");
  match(dry.out, new RegExp(`^macs/mac-1 {2}${instanceId} has lived 3.1 days: would be ended$`));
  match((await stack.type("pool sweep")).out, /: ended$/);
  const [instance] = await describeInstances(people.ec2, { ids: [instanceId] });
  equal(instance?.state, "shutting-down");
});
