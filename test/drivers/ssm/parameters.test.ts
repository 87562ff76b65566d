import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { DescribeParametersCommand, ListTagsForResourceCommand, SSMClient } from "@aws-sdk/client-ssm";
import { isFailure } from "../../../drivers/errors.ts";
import { deleteParameters, listParameters, putSecret, readSecret } from "../../../drivers/ssm/parameters.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";

let aws: TestAws;
let ssm: SSMClient;
before(async () => {
  aws = await startTestAws();
  ssm = new SSMClient({ region: "us-west-2", maxAttempts: 1 });
});
after(async () => {
  ssm.destroy();
  await aws.close();
});

const secret = (name: string, value = "s3cret", tags = { owner: "us" }) => ({
  name,
  value,
  description: "made at 7",
  tags,
});

test("a secret is stored encrypted with its tags, and takes the place of the one before without a deletion", async () => {
  const sent: string[] = [];
  const notice = { step: "initialize", name: "notice" } as const;
  ssm.middlewareStack.add((next, context) => {
    sent.push(context.commandName ?? "");
    return next;
  }, notice);
  await putSecret(ssm, secret("/a/one", "first"));
  await putSecret(ssm, secret("/a/one"));
  ssm.middlewareStack.remove("notice");
  ok(!sent.some((command) => command.startsWith("Delete")), sent.join(", "));
  equal(await readSecret(ssm, "/a/one"), "s3cret");
  const which = { ResourceType: "Parameter", ResourceId: "/a/one" } as const;
  const { TagList } = await ssm.send(new ListTagsForResourceCommand(which));
  deepEqual(TagList, [{ Key: "owner", Value: "us" }]);
  const ParameterFilters = [{ Key: "Name", Values: ["/a/one"] }];
  const { Parameters: [stored] = [] } = await ssm.send(new DescribeParametersCommand({ ParameterFilters }));
  equal(stored?.Type, "SecureString");
});

test("one that is taken away just before it would be replaced is made anew, with its tags", async () => {
  await putSecret(ssm, secret("/a/taken", "first"));
  const takeAway = { step: "initialize", name: "take-away" } as const;
  ssm.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        if (commandName === "ListTagsForResourceCommand") await deleteParameters(ssm, ["/a/taken"]);
        return answer;
      },
    takeAway,
  );
  await putSecret(ssm, secret("/a/taken"));
  ssm.middlewareStack.remove("take-away");
  await putSecret(ssm, secret("/a/taken", "third"));
  equal(await readSecret(ssm, "/a/taken"), "third");
});

test("a parameter with other tags is somebody else's and keeps its value", async () => {
  await putSecret(ssm, secret("/a/theirs", "first", { owner: "them" }));
  await rejects(putSecret(ssm, secret("/a/theirs")), (error) => isFailure(error, "not-ours"));
  equal(await readSecret(ssm, "/a/theirs"), "first");
});

test("a long one goes into a parameter that holds it", async () => {
  await putSecret(ssm, secret("/long", "x".repeat(5000)));
  equal((await readSecret(ssm, "/long")).length, 5000);
});

test("a list tells names and descriptions below a path, page by page, and no values", async () => {
  for (let n = 0; n < 55; n++) await putSecret(ssm, secret(`/b/${n}/credential`));
  await putSecret(ssm, secret("/bc/credential"));
  const listed = await listParameters(ssm, "/b");
  equal(listed.length, 55);
  ok(listed.every(({ description }) => description === "made at 7"));
  ok(!JSON.stringify(listed).includes("s3cret"));
  deepEqual(await listParameters(ssm, "/none"), []);
});

test("what is deleted is gone, twelve at once, and what is gone stays so", async () => {
  const names = Array.from({ length: 12 }, (_, n) => `/c/${n}`);
  for (const name of names) await putSecret(ssm, secret(name));
  await deleteParameters(ssm, [...names, "/c/none"]);
  await deleteParameters(ssm, names);
  deepEqual(await listParameters(ssm, "/c"), []);
  await rejects(readSecret(ssm, "/c/1"), (error) => isFailure(error, "not-found"));
});
