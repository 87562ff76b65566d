import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { existingAws } from "../../../../drivers/aws/existing.ts";
import { deployRights } from "../../../../model/plan/deploy-permissions.ts";
import { watchAws } from "../../../support/aws-actions.ts";
import { awsOfFile, live, provider, urnOf } from "./life.ts";
import { allLives } from "./lives.ts";

const aws = awsOfFile();

/** What these lives do and the program does not. */
const notOfProgram: Readonly<Record<string, readonly string[]>> = {
  // The program has the vendor's resource retain each host.
  "aws:ec2/dedicatedHost:DedicatedHost": ["ec2:ReleaseHosts"],
  // The simulated EC2 knows no default VPC by itself.
  "aws:ec2/securityGroup:SecurityGroup": ["ec2:DescribeVpcs"],
  // The simulated EC2 leaves tags out of what it shows of a template.
  "aws:ec2/launchTemplate:LaunchTemplate": ["ec2:DescribeTags"],
  // The program reserves no concurrency.
  "aws:lambda/function:Function": ["lambda:PutFunctionConcurrency"],
};

/** What all types of a service may do: the lives of some make others, as a bucket's makes an object. */
function allowedFor(token: string): string[] {
  const service = token.slice(0, token.indexOf("/"));
  const types = Object.entries(deployRights).filter(([type]) => type.startsWith(`${service}/`));
  const own = types.flatMap(([, { lists = [], reads, changes }]) => [
    ...lists,
    ...(reads?.actions ?? []),
    ...changes.flatMap(({ actions }) => actions),
  ]);
  return [...own, ...(notOfProgram[token] ?? [])];
}

for (const life of allLives(() => aws().clock)) {
  if (!deployRights[life.token]) continue;
  test(`${life.token}: its stand-in, and whoever looks for what is not recorded, do no more than it has rights for`, async () => {
    const urn = urnOf(life.token);
    const given = await life.inputs();
    const watch = watchAws(aws());
    const made = await live(life.token, given);
    await existingAws("us-west-2", new AbortController().signal).find(life.token, given);
    await provider.read(made.id, urn, made.state);
    let { state } = made;
    if (life.change) {
      const { inputs } = await provider.check(urn, made.inputs, { ...given, ...life.change });
      state = (await provider.update(made.id, urn, state, inputs)).outs;
    }
    await life.beforeDelete?.();
    await provider.delete(made.id, urn, state);
    watch.stop();
    const allowed = allowedFor(life.token);
    deepEqual(
      [...watch.actions].filter((action) => !allowed.includes(action)),
      [],
    );
  });
}
