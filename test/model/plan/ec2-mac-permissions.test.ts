import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import {
  callPolicy,
  controllerPolicy,
  endPolicy,
  instancePolicy,
  sweeperPolicy,
  tlsOnlyPolicy,
  trustPolicy,
} from "../../../model/plan/ec2-mac-permissions.ts";
import type { PolicyDocument } from "../../../model/plan/policy-document.ts";
import { poolActions, sweeperActions } from "../../controllers/lambda/actions.ts";

const pool = { region: "us-west-2", account: "123456789012", fleetId: "mobile-1a2b3c4d", pool: "m2" };
const logGroupArn = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/mobile-m2";
const controller = controllerPolicy({
  ...pool,
  logGroupArn,
  tableArn: "arn:aws:dynamodb:us-west-2:123456789012:table/mobile-m2",
  scheduleGroup: "mobile-m2",
  endRoleArn: "arn:aws:iam::123456789012:role/mobile-m2-end",
  instanceRoleArn: "arn:aws:iam::123456789012:role/mobile-m2",
  launchTemplateArn: "arn:aws:ec2:us-west-2:123456789012:launch-template/lt-0123",
  parameterPrefix: "/mac-runner-fleet/mobile-1a2b3c4d/m2",
  apiTokenParameter: "/mac-runner-fleet/mobile-1a2b3c4d/api_token/m2",
  imageParameter: "/aws/service/ec2-macos/sequoia/arm64_mac/latest/image_id",
});
const topicArn = "arn:aws:sns:us-west-2:123456789012:mobile-m2";
const sweeper = sweeperPolicy({ ...pool, logGroupArn, topicArn });
const instance = instancePolicy(logGroupArn, {
  ...pool,
  scriptsArn: "arn:aws:s3:::mobile-1a2b3c4d-m2/set-up/*",
  parameterPrefix: "/mac-runner-fleet/mobile-1a2b3c4d/m2",
});

const all: Record<string, PolicyDocument> = {
  controller,
  sweeper,
  instance,
  "one-time schedules": endPolicy(pool),
  "schedules of the functions": callPolicy(["arn:aws:lambda:us-west-2:123456789012:function:mobile-m2-controller"]),
};

/** Lambda itself writes a function's logs. */
const ofLambda = ["logs:CreateLogStream", "logs:PutLogEvents"];

function granted({ Statement }: PolicyDocument): string[] {
  const actions = Statement.flatMap(({ Action }) => Action).filter((action) => !ofLambda.includes(action));
  return [...new Set(actions)].toSorted();
}

describe("a function may do exactly what it does", () => {
  test("the controller", () => deepEqual(granted(controller), [...poolActions].toSorted()));
  test("the sweeper", () => deepEqual(granted(sweeper), [...sweeperActions].toSorted()));
  test("a sweeper that nobody hears of tells nobody", () => {
    const silent = sweeperPolicy({ ...pool, logGroupArn, topicArn: undefined });
    ok(!granted(silent).includes("sns:Publish"));
  });
});

/** For these AWS has no narrower right than everything; the agent's are those of AWS's guide for Session Manager. */
const onlyWhole = /^(ec2|ssm|scheduler):(Describe|List)|^ssmmessages:|^ssm:UpdateInstanceInformation$/;

describe("no right is wider than need be", () => {
  for (const [name, { Statement }] of Object.entries(all)) {
    test(name, () => {
      equal(new Set(Statement.map(({ Sid }) => Sid)).size, Statement.length, "each statement has a name of its own");
      for (const { Sid, Action, Resource, Condition } of Statement) {
        ok(!Action.some((action) => action.includes("*")), `${Sid} grants kinds of actions`);
        if (Resource !== "*") continue;
        const isMetrics = Action.every((action) => action === "cloudwatch:PutMetricData") && Condition !== undefined;
        ok(isMetrics || Action.every((action) => onlyWhole.test(action)), `${Sid} reaches everything`);
      }
    });
  }
});

const destroying = ["ec2:TerminateInstances", "ec2:ReleaseHosts"];

test("whatever ends or gives back something asks for the mark of fleet and pool", () => {
  const mark = {
    "ec2:ResourceTag/mac-runner-fleet:id": "mobile-1a2b3c4d",
    "ec2:ResourceTag/mac-runner-fleet:pool": "m2",
  };
  const statements = Object.values(all).flatMap(({ Statement }) => Statement);
  const ending = statements.filter(({ Action }) => Action.some((action) => destroying.includes(action)));
  equal(ending.length, 4);
  for (const { Condition } of ending) deepEqual(Condition, { StringEquals: mark });
});

const mark = {
  "aws:RequestTag/mac-runner-fleet:id": "mobile-1a2b3c4d",
  "aws:RequestTag/mac-runner-fleet:pool": "m2",
};
const wantedTags = (sid: string) => controller.Statement.find(({ Sid }) => Sid === sid)?.Condition?.StringEquals;

test("what is made has the mark from its first moment", () => {
  for (const sid of ["LaunchMarked", "PutCredential"]) deepEqual(wantedTags(sid), mark);
});

test("a host that the controller orders says so, so that no program takes it for its own", () => {
  deepEqual(wantedTags("Allocate"), { ...mark, "aws:RequestTag/mac-runner-fleet:made-by": "controller" });
});

test("roles are passed to one service each", () => {
  const passes = controller.Statement.filter(({ Action }) => Action.includes("iam:PassRole"));
  deepEqual(
    passes.map(({ Resource, Condition }) => [Resource, Condition?.StringEquals?.["iam:PassedToService"]]),
    [
      ["arn:aws:iam::123456789012:role/mobile-m2", "ec2.amazonaws.com"],
      ["arn:aws:iam::123456789012:role/mobile-m2-end", "scheduler.amazonaws.com"],
    ],
  );
});

test("the parameter that AWS publishes an image in belongs to no account", () => {
  const found = controller.Statement.find(({ Sid }) => Sid === "FindImage");
  equal(found?.Resource, "arn:aws:ssm:us-west-2::parameter/aws/service/ec2-macos/sequoia/arm64_mac/latest/image_id");
});

test("a role of EventBridge Scheduler is for this account alone", () => {
  const { Statement } = JSON.parse(trustPolicy("scheduler", "123456789012"));
  deepEqual(Statement[0].Condition, { StringEquals: { "aws:SourceAccount": "123456789012" } });
});

test("a bucket is reached encrypted or not at all", () => {
  const [statement] = JSON.parse(tlsOnlyPolicy("arn:aws:s3:::b")).Statement;
  deepEqual([statement.Effect, statement.Resource], ["Deny", ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]]);
});
