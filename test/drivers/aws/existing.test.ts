import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { existingAws } from "../../../drivers/aws/existing.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { fleetMarkTag } from "../../../model/names.ts";
import { awsOfFile, live } from "../../simulators/providers/aws/life.ts";
import { allLives, region, tags } from "../../simulators/providers/aws/lives.ts";

const aws = awsOfFile();

const neverAborted = new AbortController().signal;
const foreign = { ...tags, [fleetMarkTag]: "mobile-5e6f7a8b" };
/** Making these again overwrites them, so nothing has to be found. */
const overwritten = [
  "aws:s3/bucketObjectv2:BucketObjectv2",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:cloudwatch/dashboard:Dashboard",
];

for (const { token, inputs } of allLives(() => aws().clock)) {
  if (overwritten.includes(token)) continue;
  test(`${token} that no run recorded is found under the id by which it is imported`, async () => {
    const given = await inputs();
    const here = existingAws(region, neverAborted);
    const isNamed = "name" in given || "bucket" in given;
    if (isNamed) equal(await here.find(token, given), undefined, "before it was made");
    const { id } = await live(token, given);
    equal(await here.find(token, given), id);
    const abroad = await existingAws("us-east-1", neverAborted).find(token, given);
    equal(abroad, "region" in given ? `${id}@${region}` : id, "with the region where it is not the default one");
    // A rule belongs to its group, which is ours when it is in the state.
    if (!("tags" in given) || token.startsWith("aws:vpc/")) return;
    equal(await here.find(token, { ...given, tags: foreign }), undefined, "another fleet's is left alone");
    equal(
      await here.find(token, { ...given, tags: undefined }),
      undefined,
      "a mark that is not known yet finds nothing",
    );
  });
}

test("a thing without any mark is somebody's own", async () => {
  const bucket = "somebodys-own";
  await live("aws:s3/bucket:Bucket", { region, bucket });
  await live("aws:iam/role:Role", { name: "somebodys-own", assumeRolePolicy: "{}" });
  const here = existingAws(region, neverAborted);
  deepEqual(
    [
      await here.find("aws:s3/bucket:Bucket", { region, bucket, tags }),
      await here.find("aws:iam/role:Role", { name: "somebodys-own", tags }),
      await here.find("aws:s3/bucketObjectv2:BucketObjectv2", { region, bucket, key: "x" }),
    ],
    [undefined, undefined, undefined],
  );
});

test("a refusal of AWS says what was looked for", async () => {
  await aws().control("faults", { action: "DescribeHosts", effect: "access-denied" });
  const found = existingAws(region, neverAborted).find("aws:ec2/dedicatedHost:DedicatedHost", { region, tags });
  await rejects(
    found,
    (error) => isFailure(error, "access-denied") && /look for aws:ec2\/dedicated/.test(error.message),
  );
});

test("a look that AWS does not answer ends when it is aborted", { timeout: 10_000 }, async () => {
  await aws().control("faults", { action: "DescribeHosts", effect: "slow-answer", delayMs: 60_000 });
  const aborting = new AbortController();
  const found = existingAws(region, aborting.signal).find("aws:ec2/dedicatedHost:DedicatedHost", { region, tags });
  setImmediate(() => aborting.abort());
  await rejects(found, (error) => isFailure(error, "aborted"));
});
