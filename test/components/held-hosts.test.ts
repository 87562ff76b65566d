import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { lookAtHosts } from "../../components/held-hosts.ts";
import { parseSettings } from "../../model/settings.ts";
import { stackOf, valid } from "../model/settings/read.ts";

const { pools } = valid(parseSettings(stackOf()));
const mark = "ci-macs-test-0badcafe";
const aws = createServer((_, response) => {
  response.writeHead(answer === host ? 200 : 403, { "content-type": "text/xml" });
  response.end(answer);
});
const refusal =
  "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized.</Message></Error></Errors></Response>";
const tag = (key: string, value: string) => `<item><key>mac-runner-fleet:${key}</key><value>${value}</value></item>`;
const host = `<DescribeHostsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><hostSet>${["cloud", "other"]
  .map(
    (pool) =>
      `<item><hostId>h-1</hostId><state>available</state><availabilityZone>us-east-1a</availabilityZone><allocationTime>2026-01-05T00:00:00Z</allocationTime><tagSet>${tag("id", mark)}${tag("pool", pool)}</tagSet></item>`,
  )
  .join("")}</hostSet></DescribeHostsResponse>`;
let answer = host;

before(async () => {
  await once(aws.listen(0, "127.0.0.1"), "listening");
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  process.env.AWS_ACCESS_KEY_ID = "test";
  process.env.AWS_SECRET_ACCESS_KEY = "test";
});
after(() => aws.close().closeAllConnections());

async function look(isPreview: boolean, given: string, of = pools) {
  answer = given;
  const newResource = ({ name }: { name: string }) => ({ id: name, state: {} });
  await pulumi.runtime.setMocks({ newResource, call: () => ({}) }, "mac-runner-fleet", "test", isPreview);
  return lookAtHosts(of, pulumi.output(mark));
}

test("each pool has the hosts that carry its mark, and no others", async () => {
  const held = await look(false, host);
  deepEqual([...held.keys()], ["cloud"]);
  equal(held.get("cloud")?.length, 1);
});

test("a deployment that cannot look ends before it declares anything, and says why", () =>
  rejects(look(false, refusal), (error) => {
    equal(pulumi.RunError.isInstance(error), true);
    match(String(error), /hosts in us-east-1 could not be looked up, so one might be made twice/);
    match(String(error), /You are not authorized/);
    return true;
  }));

test("a preview that cannot look goes on without", async () => {
  const held = await look(true, refusal);
  deepEqual(held.get("cloud"), []);
});

test("a fleet without EC2 Macs asks nobody", async () => {
  const held = await look(false, refusal, pools.slice(1));
  equal(held.size, 0);
});
