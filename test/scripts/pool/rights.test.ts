import { deepEqual, equal, ok } from "node:assert/strict";
import { userInfo } from "node:os";
import { after, before, test } from "node:test";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { giveBackHosts } from "../../../drivers/ec2/leases.ts";
import { testHostName } from "../../../model/ec2-mac/test-host.ts";
import { actPolicy, leasesPolicy, lookPolicy, runPolicy } from "../../../model/plan/people-permissions.ts";
import type { PolicyDocument } from "../../../model/plan/policy-document.ts";
import { poolActions } from "../../controllers/lambda/actions.ts";
import { agentCall } from "../../simulators/buildkite/support.ts";
import { watchAws } from "../../support/aws-actions.ts";
import { People, type PeopleStack } from "./people.ts";

const hour = 3600;
const to = { region: "us-west-2", account: "123456789012", name: "mobile-s1" };
const testHost = testHostName(userInfo().username, []);
let people: People;
let stack: PeopleStack;
let instanceId: string;

before(async () => {
  people = await People.start();
  stack = await people.stack({ controller: "aws", hosts: 2 });
  await stack.makeRole();
  instanceId = await stack.launch(await stack.allocate("mac-1"), "mac-1");
  await stack.allocate("mac-2");
  const hosts = { region: to.region, fleetId: stack.fleetId, pool: "macs", hostIds: [await stack.allocate("mac-9")] };
  const [waiting] = await giveBackHosts(hosts, 0);
  equal(waiting?.result, "waiting");
  people.aws.clock.advance(hour);
});
after(() => people.close());

function granted(...documents: PolicyDocument[]): string[] {
  const actions = documents.flatMap(({ Statement }) => Statement).flatMap(({ Action }) => Action);
  return [...new Set(actions)].toSorted();
}

/** Without what anybody who looks may do. */
function besidesLooking(actions: Iterable<string>): string[] {
  const looks = granted(lookPolicy(to));
  return [...actions].filter((action) => !looks.includes(action)).toSorted();
}

/** What AWS is asked while something is done. */
async function used(work: () => Promise<unknown>): Promise<string[]> {
  const watch = watchAws(people.aws);
  try {
    await work();
  } finally {
    watch.stop();
  }
  return [...watch.actions].toSorted();
}

async function typed(...commands: string[]): Promise<void> {
  for (const command of commands) {
    const { exitCode, err } = await stack.type(command);
    equal(exitCode, 0, `${command}: ${err}`);
  }
}

test("whoever looks may do what the commands that look do, and nothing else", async () => {
  const looks = ["status", "pool status", "pool timeline", "pool costs", "pool utilization", "pool ssh mac-1 --print"];
  const dry = ["launch", "setup", "sweep", "run", "disable mac-1", "test-host create"];
  const actions = await used(() =>
    typed(...looks, "pool ssh mac-1 --direct --print", ...dry.map((command) => `pool ${command} --dry-run`)),
  );
  deepEqual(actions, granted(lookPolicy(to)));
});

/** The Mac fetches what was put down for it, and its runner takes jobs. */
async function register(): Promise<void> {
  const ssm = new SSMClient({ region: to.region });
  const Name = `/mac-runner-fleet/${stack.fleetId}/macs/${instanceId}/credential`;
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  ssm.destroy();
  const name = `mac-1-${instanceId}`;
  const registration = { name, hostname: name, version: "3.115.0", meta_data: ["queue=macs"] };
  const answer = await agentCall(people.buildkite, Parameter?.Value ?? "", "POST", "register", registration);
  await agentCall(people.buildkite, answer.body.access_token, "POST", "connect");
}

test("whoever acts may do besides what the commands that act do, and nothing else", async () => {
  const first = await used(() => typed("pool setup mac-1", "pool setup mac-1 --force"));
  await register();
  const then = await used(async () => {
    await typed("pool drain mac-1", "pool disable mac-1", "pool enable mac-1");
    await typed("pool test-host create", "pool launch");
    people.aws.clock.advance(73 * hour);
    await typed("pool sweep");
  });
  deepEqual(besidesLooking(new Set([...first, ...then])), besidesLooking(granted(actPolicy(to))));
});

test("a test host is given back by what giving hosts back needs", async () => {
  const actions = await used(() => typed(`pool test-host release ${testHost} --when-allowed`));
  const allowed = granted(lookPolicy(to), leasesPolicy(to));
  deepEqual(
    actions.filter((action) => !allowed.includes(action)),
    [],
  );
});

/** The function reports to CloudWatch and reads its token; a person has a token and looks the roles up. */
const functionsOwn = ["cloudwatch:PutMetricData", "ssm:GetParameter"];

test("whoever keeps pools in place of the function may do what it does", () => {
  const keeping = granted(lookPolicy(to), actPolicy(to), runPolicy(to));
  const expected = [...poolActions, "iam:GetRole", "scheduler:GetSchedule"];
  deepEqual(keeping, expected.filter((action) => !functionsOwn.includes(action)).toSorted());
  const already = granted(lookPolicy(to), actPolicy(to));
  ok(granted(runPolicy(to)).every((action) => action === "iam:PassRole" || !already.includes(action)));
});
