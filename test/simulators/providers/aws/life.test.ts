import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { describe, test } from "node:test";
import { tlsOnlyPolicy } from "../../../../model/plan/ec2-mac-permissions.ts";
import { archiveOf } from "./controller-lives.ts";
import { awsOfFile, type Life, live, provider, urnOf } from "./life.ts";
import { allLives, groupId, region, role, tags, template } from "./lives.ts";

const aws = awsOfFile();

describe("each resource", () => {
  for (const life of allLives(() => aws().clock)) {
    test(`${life.token} lives as the vendor's does`, async () => {
      const urn = urnOf(life.token);
      const given = await life.inputs();
      const made = await live(life.token, given);
      match(made.id, life.id);

      const again = await provider.diff(made.id, urn, made.state, made.inputs);
      equal(again.changes, false, "a second preview shows a change");

      const seen = await provider.read(made.id, urn, made.state);
      deepEqual(seen.props, made.state, "a refresh shows drift");

      const imported = await provider.read(made.id, urn, {});
      for (const [name, value] of Object.entries(given)) {
        if (!life.notImported?.includes(name)) deepEqual(imported.inputs[name], value, `import loses ${name}`);
      }

      const state = life.change ? await changeInPlace(life, made, { ...given, ...life.change }) : made.state;
      await life.beforeDelete?.();
      await provider.delete(made.id, urn, state);
      deepEqual(await provider.read(made.id, urn, state), { id: "", props: {} });
      await provider.delete(made.id, urn, state);
    });
  }
});

async function changeInPlace(life: Life, made: Awaited<ReturnType<typeof live>>, given: object) {
  const urn = urnOf(life.token);
  const { inputs } = await provider.check(urn, made.inputs, given);
  const diff = await provider.diff(made.id, urn, made.state, inputs);
  deepEqual([diff.changes, diff.replaces], [true, []]);
  const { outs } = await provider.update(made.id, urn, made.state, inputs);
  for (const [name, value] of Object.entries(life.change ?? {})) deepEqual(outs[name], value);
  equal((await provider.diff(made.id, urn, outs, inputs)).changes, false, "an update leaves a change behind");
  deepEqual((await provider.read(made.id, urn, outs)).props, outs);
  return outs;
}

describe("dedicated hosts", () => {
  const token = "aws:ec2/dedicatedHost:DedicatedHost";
  const host = { region, availabilityZone: "us-west-2b", instanceType: "mac2.metal" };

  test("are not given back before 24 hours, in the vendor's words", async () => {
    const { id, state } = await live(token, host);
    await rejects(provider.delete(id, urnOf(token), state), (error: Error) => {
      match(error.message, /^deleting EC2 Host \(h-[0-9a-f]+\): 1 error occurred:/);
      match(error.message, /must be allocated to your AWS account for at least 24 hour\(s\)/);
      return true;
    });
    ok((await provider.read(id, urnOf(token), state)).id, "the host is still there");
  });

  test("take no other zone: that is another host", async () => {
    const { id, state, inputs } = await live(token, host);
    const diff = await provider.diff(id, urnOf(token), state, { ...inputs, availabilityZone: "us-west-2c" });
    deepEqual(diff.replaces, ["availabilityZone"]);
  });

  test("show as drift what somebody changed outside", async () => {
    const { id, state, inputs } = await live(token, { ...host, tags });
    const { tagResources } = await import("../../../../drivers/ec2/tags.ts");
    const { ec2Client } = await import("../../../../drivers/ec2/client.ts");
    const client = ec2Client({ region });
    await tagResources(client, [id], { Name: "renamed" });
    client.destroy();
    const { props } = await provider.read(id, urnOf(token), state);
    equal(props.tags.Name, "renamed");
    equal((await provider.diff(id, urnOf(token), props, inputs)).changes, true);
  });

  test("fail in the vendor's words when AWS has none", async () => {
    await aws().control("faults", { action: "AllocateHosts", effect: "capacity", times: 3 });
    await rejects(
      live(token, host),
      /allocating EC2 Host: operation error EC2: AllocateHosts, https response error StatusCode: 500, RequestID: [^,]*, api error InsufficientHostCapacity/,
    );
  });
});

test("a launch template's change makes a new version, which becomes the default when asked to", async () => {
  const token = "aws:ec2/launchTemplate:LaunchTemplate";
  const { id, state, inputs } = await live(token, { ...template, name: "versions" });
  deepEqual([state.latestVersion, state.defaultVersion], [1, 1]);
  const second = { ...inputs, imageId: "ami-0123456789abcdef0" };
  const { outs } = await provider.update(id, urnOf(token), state, second);
  deepEqual([outs.latestVersion, outs.defaultVersion], [2, 2]);
  const retagged = await provider.update(id, urnOf(token), outs, { ...second, tags: {} });
  equal(retagged.outs.latestVersion, 2);
});

test("a new security group lets nothing out until a rule says so", async () => {
  const group = await groupId();
  const everything = { region, securityGroupId: group, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" };
  const { id } = await live("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", everything);
  match(id, /^sgr-/);
});

test("an automatic name is kept from one run to the next", async () => {
  const urn = urnOf("aws:sns/topic:Topic");
  const first = await provider.check(urn, {}, { region });
  match(String(first.inputs.name), /^x-[0-9a-f]{7}$/);
  const next = await provider.check(urn, first.inputs, { region });
  equal(next.inputs.name, first.inputs.name);
});

test("other code is a change of the function in place, and the same code is none", async () => {
  const token = "aws:lambda/function:Function";
  const given = (text: string) => ({
    region,
    name: "code",
    runtime: "nodejs24.x",
    handler: "index.pool",
    code: archiveOf(text),
  });
  const { id, inputs, state } = await live(token, { ...given("1"), role: (await role()).state.arn });
  const next = async (text: string) => {
    const checked = await provider.check(urnOf(token), inputs, { ...given(text), role: inputs.role });
    return (await provider.diff(id, urnOf(token), state, checked.inputs)) as { changes: boolean; replaces: string[] };
  };
  equal((await next("1")).changes, false);
  deepEqual(await next("2"), { changes: true, replaces: [], deleteBeforeReplace: false });
});

test("a bucket's denial under a condition denies nothing else, and the state keeps it", async () => {
  const bucket = "tls-only";
  await live("aws:s3/bucket:Bucket", { region, bucket });
  const object = await live("aws:s3/bucketObjectv2:BucketObjectv2", { region, bucket, key: "a", content: "x" });
  const made = await live("aws:s3/bucketPolicy:BucketPolicy", {
    region,
    bucket,
    policy: tlsOnlyPolicy(`arn:aws:s3:::${bucket}`),
  });
  const seen = await provider.read(object.id, urnOf("aws:s3/bucketObjectv2:BucketObjectv2"), object.state);
  deepEqual(seen.props, object.state);
  const { props } = await provider.read(made.id, urnOf("aws:s3/bucketPolicy:BucketPolicy"), made.state);
  deepEqual(props, made.state);
});

test("a parameter's value is a secret in the state", async () => {
  const given = { region, name: "/a/secret", type: "SecureString", value: "example-token" };
  const { state } = await live("aws:ssm/parameter:Parameter", given);
  equal(typeof state.value, "object");
});

test("functions tell account and region", async () => {
  const identity = await provider.invoke("aws:index/getCallerIdentity:getCallerIdentity", {});
  equal(identity.outputs.accountId, "123456789012");
  const here = await provider.invoke("aws:index/getRegion:getRegion", {});
  equal(here.outputs.region, "us-west-2");
});

test("without AWS_ENDPOINT_URL nothing is called", async () => {
  const url = process.env.AWS_ENDPOINT_URL;
  delete process.env.AWS_ENDPOINT_URL;
  try {
    await rejects(live("aws:sns/topic:Topic", { region }), /never calls the real AWS/);
  } finally {
    process.env.AWS_ENDPOINT_URL = url;
  }
});
