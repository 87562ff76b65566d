import { equal, match, rejects } from "node:assert/strict";
import { before, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { checkQuotas } from "../../components/quotas.ts";
import { parseSettings } from "../../model/settings.ts";
import { stackOf, valid } from "../model/settings/read.ts";

const { pools } = valid(parseSettings(stackOf()));
let answer: () => Record<string, unknown>;
let asked: Record<string, unknown>[];

before(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    call({ token, inputs }) {
      equal(token, "aws:servicequotas/getServiceQuota:getServiceQuota");
      asked.push(inputs);
      return answer();
    },
  });
});

async function check(given: typeof answer): Promise<void> {
  answer = given;
  asked = [];
  await checkQuotas(pools);
}

test("a quota that suffices is asked for once and says nothing", async () => {
  await check(() => ({ value: 3 }));
  equal(asked.length, 1);
  equal(asked[0]?.quotaCode, "L-5D8DADF5");
});

test("a quota that is too small ends the program with what to type", () =>
  rejects(
    check(() => ({ value: 0 })),
    (error) => {
      equal(pulumi.RunError.isInstance(error), true);
      match(String(error), /Pool cloud: .* 0 dedicated mac2 hosts in us-east-1/);
      match(String(error), /request-service-quota-increase .*--desired-value 3/);
      return true;
    },
  ));

test("a quota that cannot be looked at is not held against the pool", () =>
  check(() => {
    throw new Error("AccessDenied");
  }));
