import { equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import { People, type PeopleStack } from "./people.ts";

let people: People;
let here: PeopleStack;
let cloud: PeopleStack;
let withoutTable: PeopleStack;

before(async () => {
  people = await People.start();
  here = await people.stack({ controller: "none" });
  cloud = await people.stack({ controller: "aws" });
  withoutTable = await people.stack({ controller: "aws", hasTable: false });
});
after(() => people.close());

/** Sets variables of this process while a test works. */
async function withEnvironment(change: Record<string, string | undefined>, work: () => Promise<void>): Promise<void> {
  const before = { ...process.env };
  for (const [name, value] of Object.entries(change))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  try {
    await work();
  } finally {
    for (const name of Object.keys(change))
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
  }
}

interface Case {
  command: string;
  exitCode: number;
  here?: RegExp;
  cloud: RegExp;
}

async function expectEach(cases: readonly Case[]): Promise<void> {
  for (const { command, exitCode, ...said } of cases)
    for (const [where, stack] of Object.entries({ here, cloud })) {
      const expected = said[where as "here" | "cloud"];
      if (!expected) continue;
      const answer = await stack.type(command);
      equal(answer.exitCode, exitCode, `${command}: ${answer.err}`);
      match(answer.err, expected, command);
    }
}

test("AWS that cannot be reached is told with what was asked of it", { timeout: 120_000 }, async () => {
  // Nothing listens at this port.
  await withEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }, () =>
    expectEach([
      {
        command: "pool status",
        exitCode: 3,
        here: /^Pool macs: describe the launch template mobile-s1-macs\n {2}\w*Error: connect ECONNREFUSED/,
        cloud: /^Pool macs: describe the launch template/,
      },
    ]),
  );
});
