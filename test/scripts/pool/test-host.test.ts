import { deepEqual, equal, match } from "node:assert/strict";
import { userInfo } from "node:os";
import { after, before, test } from "node:test";
import { describeHosts } from "../../../drivers/ec2/hosts.ts";
import { testHostName } from "../../../model/ec2-mac/test-host.ts";
import { People, type PeopleStack } from "./people.ts";

const name = testHostName(userInfo().username, []);
let people: People;
let stack: PeopleStack;

before(async () => {
  people = await People.start();
  stack = await people.stack();
});
after(() => people.close());

test("a test host whose launch is refused is named with what it costs, and taken by the next try", async () => {
  const refused = await stack.type("pool test-host create --template-version 99");
  equal(refused.exitCode, 1);
  const release = `fleet pool test-host release ${name} --stack ${stack.name}`;
  match(refused.err, /InvalidLaunchTemplateId\.VersionNotFound/);
  match(
    refused.err,
    new RegExp(`${name} \\(h-\\w+\\) is there and is paid for; type this again to use it, or: ${release}`),
  );
  match(refused.err, new RegExp(`Test host ${name} of pool macs has cost up to .*: ${release}`));
  const again = await stack.type("pool test-host create");
  match(again.out, new RegExp(`^${name}: h-\\w+ with i-\\w+`));
  const hosts = await describeHosts(people.ec2, { tags: { Name: name } });
  deepEqual(
    hosts.map(({ instanceIds }) => instanceIds.length),
    [1],
  );
});

test("a status file is no JSON, and that is said", async () => {
  const { exitCode, err } = await stack.type("pool status --format dh --json");
  equal(exitCode, 1);
  match(err, /--format dh has no JSON\.\n {2}Leave out --json, or --format\./);
});
