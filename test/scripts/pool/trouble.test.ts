import { doesNotMatch, equal, match } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { People, type PeopleStack } from "./people.ts";

let people: People;
let stacks: Record<"here" | "cloud", PeopleStack>;

before(async () => {
  people = await People.start();
  stacks = { here: await people.stack({ controller: "none" }), cloud: await people.stack({ controller: "aws" }) };
});
after(() => people.close());

/** Sets variables of this process while a test works. */
async function withEnvironment(change: Record<string, string | undefined>, work: () => Promise<void>): Promise<void> {
  const before = Object.fromEntries(Object.keys(change).map((name) => [name, process.env[name]]));
  setVariables(change);
  try {
    await work();
  } finally {
    setVariables(before);
  }
}

function setVariables(values: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(values))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
}

interface Case {
  command: string;
  exitCode: number;
  /** What is said where the store is a file here, and where it is a table. */
  here: RegExp;
  cloud: RegExp;
}

async function expectEach(cases: readonly Case[]): Promise<void> {
  for (const { command, exitCode, ...said } of cases)
    for (const where of ["here", "cloud"] as const) {
      const answer = await stacks[where].type(command);
      equal(answer.exitCode, exitCode, `${where}, ${command}: ${answer.err}`);
      match(`${answer.out}${answer.err}`, said[where], `${where}, ${command}`);
    }
}

const template = "look up launch template mobile-s\\d-macs";

test("AWS that cannot be reached: what was asked, of whom, and what to check", { timeout: 120_000 }, async () => {
  const refused =
    "\\n {2}\\w*Error: connect ECONNREFUSED 127.0.0.1:1\\n {2}Check this computer's network, .* AWS_ENDPOINT_URL if it is set\\.$";
  const saying = (what: string) => new RegExp(`^${what}${refused}`);
  const hosts = saying("describe dedicated hosts");
  // Nothing listens at this port.
  await withEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }, () =>
    expectEach([
      {
        command: "pool status",
        exitCode: 3,
        here: saying(`Pool macs: ${template}`),
        cloud: saying(`Pool macs: ${template}`),
      },
      { command: "pool launch", exitCode: 1, here: saying(template), cloud: hosts },
      { command: "pool disable mac-1", exitCode: 1, here: hosts, cloud: hosts },
    ]),
  );
});

test("credentials that are missing: what was asked, and where to look for them", { timeout: 120_000 }, async () => {
  const missing = "\\n {2}CredentialsProviderError: .*\\n {2}Check which credentials the SDK finds \\(aws sts";
  const saying = (what: string) => new RegExp(`^${what}${missing}`);
  const none = {
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_PROFILE: undefined,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: join(people.folder, "none"),
    AWS_SHARED_CREDENTIALS_FILE: join(people.folder, "none"),
  };
  await withEnvironment(none, () =>
    expectEach([
      {
        command: "pool status",
        exitCode: 3,
        here: saying(`Pool macs: ${template}`),
        cloud: saying(`Pool macs: ${template}`),
      },
      { command: "pool launch", exitCode: 1, here: saying(template), cloud: saying("describe dedicated hosts") },
      { command: "pool setup", exitCode: 1, here: saying(template), cloud: saying("describe dedicated hosts") },
    ]),
  );
});

test("rights that are missing", async () => {
  const denied = /describe dedicated hosts\n {2}UnauthorizedOperation: .*\n {2}Check which credentials the SDK finds/;
  for (const [command, exitCode] of [
    ["pool status", 3],
    ["pool launch", 1],
  ] as const) {
    for (const where of ["here", "cloud"] as const) {
      await people.aws.control("faults", { action: "DescribeHosts", effect: "access-denied" });
      const answer = await stacks[where].type(command);
      equal(answer.exitCode, exitCode, `${where}, ${command}`);
      match(answer.err, denied);
    }
  }
});

test("a table that is missing: `pulumi up` makes it", async () => {
  const stack = await people.stack({ controller: "aws", hasTable: false });
  const remedy =
    "\\n {2}ResourceNotFoundException: .*\\n {2}`pulumi up` makes it for each pool with `controller: aws`\\.$";
  for (const [command, exitCode, start] of [
    ["pool status", 3, "Pool macs: read"],
    ["pool launch --dry-run", 1, "read"],
    ["pool launch", 1, "update"],
    ["pool setup", 1, "update"],
    ["pool drain mac-1", 1, "update"],
    ["pool timeline", 1, "query"],
    ["pool costs", 1, "read"],
    ["pool utilization", 1, "query"],
  ] as const) {
    const answer = await stack.type(command);
    equal(answer.exitCode, exitCode, command);
    match(answer.err, new RegExp(`^${start} the table mobile-s3-macs${remedy}`), command);
  }
  equal((await stack.type("pool sweep --dry-run")).exitCode, 0, "the sweeper needs no table");
});

/** A minute of it passes in a second, so that nobody waits for a minute. */
function fastClock(rate: number): () => number {
  const [start, from] = [Date.now(), performance.now()];
  return () => Math.floor(start + (performance.now() - from) * rate);
}

test("a pool that somebody else acts for: waits for a minute, and says who has it until when", async (t) => {
  for (const stack of Object.values(stacks)) {
    const store = stack.openStore();
    const answer = await store.acquire(stack.poolId, "function call 7");
    if (!("lease" in answer)) throw new Error("held");
    equal((await stack.type("pool launch --dry-run")).exitCode, 0, "who only looks need not wait");
    const fast = t.mock.method(Date, "now", fastClock(60));
    const { err, exitCode } = await stack.type("pool launch");
    fast.mock.restore();
    equal(exitCode, 1);
    match(
      err,
      /^Pool macs is held by function call 7\.\n {2}If that process is gone, its hold ends by itself at \S+Z\.$/,
    );
    const waiting = stack.type("pool launch");
    await store.release(answer.lease);
    store.close();
    equal((await waiting).exitCode, 0, "it goes on as soon as the pool is free");
  }
});

test("a stack that is not up, not there, or has no such pool", async () => {
  const stack = await people.stack({});
  writeFileSync(join(people.folder, `outputs-${stack.name}`), "{}");
  match(
    (await stack.type("pool status")).err,
    /^Stack s\d has no fleet yet\.\n {2}Bring it up first: pulumi up --stack s\d\./,
  );
});

test("status says when nobody looks, so that nobody waits for what comes next", async () => {
  const here = await people.stack({ controller: "none" });
  const cloud = await people.stack({ controller: "aws" });
  match(
    (await here.type("pool status")).out,
    /Pool macs: no controller has looked .*\n {2}`fleet pool run` keeps it\.$/m,
  );
  match(
    (await cloud.type("pool status")).out,
    /no controller .*\n {2}Its function's log says why: \/aws\/lambda\/mobile-s\d-macs-c/,
  );
  for (const stack of [here, cloud]) {
    const store = stack.openStore();
    const answer = await store.acquire(stack.poolId, "test");
    if (!("lease" in answer)) throw new Error("held");
    const at = Math.floor(people.aws.clock.now() / 1000);
    await store.addSample(answer.lease, { at, hosts: 0, ready: 0, busy: 0, jobsFinished: 0 });
    await store.release(answer.lease);
    store.close();
    doesNotMatch((await stack.type("pool status")).out, /no controller/);
  }
});

test("a command that is typed wrongly is told with where its help is", async () => {
  const { here } = stacks;
  for (const [command, said] of [
    ["pool stauts", /unknown command 'stauts'\n\(Did you mean status\?\)\nType `scripts\/fleet pool --help`/],
    ["pool drain", /missing required argument 'host'\nType `scripts\/fleet pool drain --help`/],
    [
      "pool timeline --last 0",
      /'0' is invalid. A whole number from 1 goes here\.\nType `scripts\/fleet pool timeline --help`/,
    ],
    ["pool disable mac-1 --for soon", /'soon' is invalid. Type a number of minutes, hours or days: 90m, 4h or 2d\./],
    ["pool costs --price mac2=", /'mac2=' is invalid. For example mac2.metal=0.65\./],
    ["pool status --format x", /Allowed choices are table, dh, pw\./],
  ] as const) {
    const { err, exitCode } = await here.type(command);
    equal(exitCode, 1);
    match(err, said);
  }
});
