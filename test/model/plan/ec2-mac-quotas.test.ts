import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { neededQuotas, quotaProblem } from "../../../model/plan/ec2-mac-quotas.ts";
import { macTypes } from "../../../model/settings/mac-types.ts";
import { parseSettings } from "../../../model/settings.ts";
import { smallest, stackOf, valid } from "../settings/read.ts";

const pools = smallest.pools as { name: string }[];
const cloud = (name: string, change: object) => ({ ...pools[0], name, ...change });

function needed(...ec2: object[]) {
  const others = pools.slice(1);
  return neededQuotas(valid(parseSettings(stackOf({ pools: [...ec2, ...others] }))).pools);
}

test("hosts of one kind and region count together, others do not", () => {
  const found = needed(
    cloud("a", { hosts: 2 }),
    cloud("b", { hosts: 3 }),
    cloud("c", { hosts: 1, instanceType: "mac2-m2.metal" }),
    cloud("d", { hosts: 1, region: "us-west-2", zones: ["us-west-2a"] }),
  );
  deepEqual(
    found.map(({ region, quotaCode, hosts, pools: names }) => [region, quotaCode, hosts, names]),
    [
      ["us-east-1", "L-5D8DADF5", 5, ["a", "b"]],
      ["us-east-1", "L-B90B5B66", 1, ["c"]],
      ["us-west-2", "L-5D8DADF5", 1, ["d"]],
    ],
  );
});

test("each kind of Mac has a quota of its own", () => {
  const codes = Object.values(macTypes).map(({ quotaCode }) => quotaCode);
  equal(new Set(codes).size, codes.length);
});

test("a quota that is too small says where, what, and what to type", () => {
  const [quota] = needed(cloud("macm1", { hosts: 8 }));
  if (!quota) throw new Error("no quota");
  equal(quotaProblem(quota, 8), undefined);
  equal(
    quotaProblem(quota, 0),
    [
      "Pool macm1: the account may have 0 dedicated mac2 hosts in us-east-1.",
      "  The settings ask for 8 there. Hosts of other programs count too.",
      '  Ask for "Running Dedicated mac2 Hosts", 8 or more; AWS answers within hours or days:',
      "  aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-5D8DADF5 --desired-value 8",
    ].join("\n"),
  );
});
