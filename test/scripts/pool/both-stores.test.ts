import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { openDynamoStore } from "../../../controllers/pool/dynamo-store.ts";
import { leaseSeconds } from "../../../controllers/pool/store.ts";
import { type Answer, People, type PeopleStack } from "./people.ts";

let people: People;
let stacks: PeopleStack[];

before(async () => {
  people = await People.start();
  stacks = [await people.stack({ controller: "none", hosts: 2 }), await people.stack({ controller: "aws", hosts: 2 })];
  for (const stack of stacks) await stack.allocate("mac-1");
});
after(() => people.close());

/** What differs from stack to stack or from run to run. */
function plain(text: string): string {
  return text
    .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)/g, "TIME")
    .replace(/\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/g, "TIME")
    .replace(/\b(h|i)-[0-9a-f]{17}\b/g, "$1-ID")
    .replace(/"at":\d+|"id":"\d+/g, "AT")
    .replace(/\bs\d\b/g, "STACK")
    .replace(/\b\S+@\S+, process \d+/g, "SOMEBODY")
    .replace(/(no controller has looked [^\n]*)\n.*/, "$1")
    .replace(/^(# [^\n]* run )[^\n]*/gm, "$1TIME");
}

/** Types a command about both stacks; the answers must be alike. @returns the one with the table in AWS */
async function typed(command: string): Promise<Answer> {
  const answers: Answer[] = [];
  for (const stack of stacks) answers.push(await stack.type(command));
  const [here, cloud] = answers.map(({ out, err, exitCode }) => ({ out: plain(out), err: plain(err), exitCode }));
  deepEqual(cloud, here, command);
  return answers[1] as Answer;
}

interface Case {
  command: string;
  exitCode?: number;
  out?: RegExp;
  err?: RegExp;
}

/** In the order of one day. */
const morning: Case[] = [
  {
    command: "pool status",
    out: /^POOL +HOST [^\n]*\nmacs +mac-1 +us-west-2a +available[^\n]*\nmacs +mac-2 [^\n]*missing/,
  },
  { command: "pool status --json", out: /"stage": "free"/ },
  {
    command: "pool status",
    out: /Pool macs, ready [^:]+: 1 promised, 0 expected at the fewest\.\n {2}Too few from [^\n]*mac-2, it has no host\./,
  },
  { command: "pool status --json", out: /"outlooks": \[\n +\{\n +"pool": "macs",\n +"promised": \[/ },
  { command: "pool status --format dh", out: /^# LaunchInstances.sh run [^\n]*\n#\n# mac-1 HOST THROTTLE: / },
  { command: "pool status --format pw", out: /^# SetupInstances.sh run / },
  { command: "pool timeline", out: /^macs: nothing has been decided yet$/ },
  { command: "pool launch --dry-run", out: /macs\/mac-1 {2}wait h-\w+: the controller has just begun to remember/ },
  { command: "pool disable mac-1 --dry-run", out: /^would set PWPoolReady=false on h-\w+ \(mac-1\)$/ },
  { command: "pool disable mac-1", out: /^set PWPoolReady=false on h-\w+ \(mac-1\)$/ },
  { command: "pool status", out: /mac-1 .* out / },
  { command: "pool enable mac-1 --json", out: /"host": "mac-1"/ },
  { command: "pool timeline mac-1", out: /macs\/mac-1 {2}disable done h-\w+: by hand \(.*\)\n.*enable done h-\w+/ },
  { command: "pool timeline mac-1 --last 1 --json", out: /^\{"pool":"macs",.*"kind":"enable".*\}$/ },
  {
    command: "pool disable mac-1 --for 4h",
    out: /^set PWPoolReady=held until \S+Z on h-\w+ \(mac-1\)\nthe pool's controller takes it back in at [^;]+; `fleet pool enable mac-1 --stack s\d` does so before$/,
  },
  { command: "pool status", out: /mac-1 .* out .*held by hand until / },
  { command: "pool enable mac-1", out: /^set PWPoolReady=true on h-\w+ \(mac-1\)$/ },
  { command: "pool timeline mac-9", out: /^macs: nothing is written about a host mac-9$/ },
  { command: "pool disable mac-9", exitCode: 1, err: /^mac-9: pool macs has no such host\.\n {2}It has mac-1\.$/ },
  { command: "pool drain mac-1", exitCode: 1, err: /^mac-1: no runner of it takes jobs, .* It is free\.$/ },
  { command: "pool drain mac-1 --dry-run", exitCode: 1, err: /It is free/ },
  { command: "pool setup", out: /^macs: nothing to set up$/ },
  { command: "pool setup mac-1 --dry-run", exitCode: 1, err: /^mac-1 cannot be set up: it is free\.$/ },
  { command: "pool costs", out: /^POOL +HOST .*\nmacs +all +/ },
  { command: "pool utilization", out: /^macs: no controller has looked in the last 26 h$/ },
  { command: "pool utilization --csv", out: /^timestamp,n_workers,n_tasks_started,n_tasks_finished$/ },
  { command: "pool status --pool none", exitCode: 1, err: /^none: stack s\d has no such pool.*\n {2}It has macs\.$/ },
  { command: "pool launch --force", out: /macs\/mac-1 {2}wait h-\w+: the controller has just begun to remember/ },
];

/** After the controller has been at it for an hour. */
const noon: Case[] = [
  {
    command: "pool launch --dry-run --force",
    out: /macs\/mac-1 {2}launch h-\w+: its host is free\n.*mac-2 {2}wait: it has never been seen/,
  },
  { command: "pool launch", out: /macs\/mac-1 {2}launch done i-\w+: its host is free/ },
  { command: "pool timeline mac-1 --last 1", out: /macs\/mac-1 {2}launch done i-\w+/ },
  { command: "pool status", out: /mac-1 .* booting / },
];

for (const [part, cases] of Object.entries({ morning, noon }))
  test(`in the ${part} commands answer alike, wherever the controller remembers`, async (t) => {
    if (part === "noon") people.aws.clock.advance(3600);
    for (const { command, exitCode = 0, out, err } of cases)
      await t.test(command, async () => {
        const answer = await typed(command);
        equal(answer.exitCode, exitCode, answer.err);
        if (out) match(answer.out, out);
        match(answer.err, err ?? /^$/);
      });
  });

test("a lease in the table is over when AWS's clock says so, whatever this computer's says", async () => {
  const cloud = stacks[1];
  if (!cloud) throw new Error("no stack in AWS");
  const store = openDynamoStore(new DynamoDBClient({ region: "us-west-2" }), cloud.awsName, () =>
    Math.floor(people.aws.clock.now() / 1000),
  );
  await store.acquire(cloud.poolId, "one that died");
  people.aws.clock.advance(leaseSeconds);
  store.close();
  const { exitCode, err } = await cloud.type("pool launch");
  equal(exitCode, 0, err);
});
