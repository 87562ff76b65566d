import { madeByController, madeByTag } from "../ec2-mac/lease-mark.ts";
import { fleetMarkTag, poolTag } from "../names.ts";
import { type AwsAccount, ec2Kind, publicImages, regional } from "./arns.ts";
import { metricNamespace } from "./ec2-mac-alarms.ts";
import { allow, type PolicyCondition, type PolicyDocument, passedTo, policyOf } from "./policy-document.ts";

/** The pool that permissions are limited to. */
export interface PermittedPool extends AwsAccount {
  /** The fleet's mark. */
  fleetId: string;
  pool: string;
}

/** What an instance fetches when it sets itself up. */
export interface PermittedSetUp extends PermittedPool {
  /** Everything that is or was a set-up script: an instance renewed by a new root volume asks for that of its launch. */
  scriptsArn: string;
  /** The folder of the pool's parameters, without a slash at its end. */
  parameterPrefix: string;
}

/** What the pool's controller works with. */
export interface PermittedController extends PermittedPool {
  logGroupArn: string;
  tableArn: string;
  scheduleGroup: string;
  /** The role by which one-time schedules end instances. */
  endRoleArn: string;
  instanceRoleArn: string;
  launchTemplateArn: string;
  parameterPrefix: string;
  apiTokenParameter: string;
  /** The parameter that the launch template's image comes from, if it does. */
  imageParameter: string | undefined;
}

/** What the sweeper works with. */
export interface PermittedSweeper extends PermittedPool {
  logGroupArn: string;
  /** Where it reports what it ended, if anybody wants to be told. */
  topicArn: string | undefined;
}

/**
 * On a parameter: the role session that may read and delete it, as `aws:userid` has it. `aws:ResourceTag` is the key that
 * the Service Authorization Reference has for both actions; Systems Manager's older one is documented for reading only.
 */
const readerKey = "aws:ResourceTag/mac-runner-fleet:reader";

/**
 * What an instance may do: report its metrics, ship its logs, be reached through Session Manager, and, to set itself
 * up, fetch the script and the one credential that is meant for it. AWS's own policy for Session Manager is not
 * used: it lets an instance read every parameter of the account.
 */
export function instancePolicy(logGroupArn: string, setUp: PermittedSetUp): PolicyDocument {
  return policyOf([
    allow("ReportMetrics", ["cloudwatch:PutMetricData"], "*", onlyOurMetrics),
    allow("ShipLogs", ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], `${logGroupArn}:*`),
    allow(
      "SessionManager",
      [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ],
      "*",
    ),
    ...setUpStatements(setUp),
  ]);
}

function setUpStatements(setUp: PermittedSetUp) {
  const own: PolicyCondition = { StringEquals: { [readerKey]: `\${aws:userid}` } };
  return [
    allow("FetchSetUp", ["s3:GetObject"], setUp.scriptsArn),
    allow("TakeCredential", ["ssm:DeleteParameter", "ssm:GetParameter"], parameters(setUp), own),
    allow("LearnOfNewLife", ["ec2:DescribeReplaceRootVolumeTasks"], "*"),
  ];
}

/** What the pool's controller may do. Each statement is limited to what carries the pool's mark or name. */
export function controllerPolicy(to: PermittedController): PolicyDocument {
  return policyOf([
    writeLogs(to.logGroupArn),
    allow("ReportMetrics", ["cloudwatch:PutMetricData"], "*", onlyOurMetrics),
    allow(
      "Remember",
      ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
      to.tableArn,
    ),
    allow("Look", [...lookActions, ...listActions], "*"),
    ...launchStatements(to),
    ...endStatements(to),
    ...handOverStatements(to),
    allow("ReadApiToken", ["ssm:GetParameter"], parameterArn(to, to.apiTokenParameter)),
    ...(to.imageParameter ? [allow("FindImage", ["ssm:GetParameters"], parameterArn(to, to.imageParameter))] : []),
    allow("PassInstanceRole", ["iam:PassRole"], to.instanceRoleArn, passedTo("ec2")),
    allow("PassEndRole", ["iam:PassRole"], to.endRoleArn, passedTo("scheduler")),
  ]);
}

/** What a look at a pool asks of EC2, which knows no narrower right for it. */
export const lookActions = [
  "ec2:DescribeHosts",
  "ec2:DescribeInstanceStatus",
  "ec2:DescribeInstances",
  "ec2:DescribeLaunchTemplateVersions",
  "ec2:DescribeReplaceRootVolumeTasks",
];
/** What whoever keeps a pool lists besides; no narrower right here either. */
export const listActions = ["scheduler:ListSchedules", "ssm:DescribeParameters"];

/**
 * The kinds of resources and the condition keys of each action are those of "Actions, resources, and condition keys for
 * Amazon EC2" (Service Authorization Reference, September 2026). Images and snapshots belong to no account there.
 */
function launchStatements(to: PermittedController) {
  const fromTemplate = { ArnEquals: { "ec2:LaunchTemplate": to.launchTemplateArn } };
  const hosts = ec2Kind(to, "dedicated-host");
  const instances = ec2Kind(to, "instance");
  return [
    allow("Allocate", ["ec2:AllocateHosts"], hosts, askedByController(to)),
    allow("LaunchMarked", ["ec2:RunInstances"], instances, { ...asked(to), ...fromTemplate }),
    allow(
      "LaunchFromTemplate",
      ["ec2:RunInstances"],
      [
        ...publicImages(to),
        ...["key-pair", "launch-template", "network-interface", "security-group", "subnet", "volume"].map((kind) =>
          ec2Kind(to, kind),
        ),
      ],
      fromTemplate,
    ),
    allow("MarkNew", ["ec2:CreateTags"], [hosts, instances, ec2Kind(to, "volume")], {
      StringEquals: { "ec2:CreateAction": ["AllocateHosts", "RunInstances"] },
    }),
    allow("TagOwn", ["ec2:CreateTags"], [hosts, instances], owned(to)),
    allow("RenewOwn", ["ec2:CreateReplaceRootVolumeTask"], instances, owned(to)),
    allow(
      "RenewWith",
      ["ec2:CreateReplaceRootVolumeTask"],
      [...publicImages(to), ...["replace-root-volume-task", "volume"].map((kind) => ec2Kind(to, kind))],
    ),
  ];
}

function endStatements(to: PermittedController) {
  const schedules = regional("scheduler", to, `schedule/${to.scheduleGroup}/*`);
  return [
    allow("EndOwn", ["ec2:TerminateInstances"], ec2Kind(to, "instance"), owned(to)),
    allow("ReleaseOwn", ["ec2:ReleaseHosts"], ec2Kind(to, "dedicated-host"), owned(to)),
    allow(
      "ScheduleEnds",
      ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"],
      schedules,
    ),
  ];
}

function handOverStatements(to: PermittedController) {
  return [
    allow("PutCredential", ["ssm:AddTagsToResource", "ssm:PutParameter"], parameters(to), asked(to)),
    // For PutParameter the Service Authorization Reference knows no tag of what is there already; the folder is the pool's.
    allow("ReplaceCredential", ["ssm:PutParameter"], parameters(to), { StringEquals: { "ssm:Overwrite": "true" } }),
    allow("WithdrawCredential", ["ssm:DeleteParameters", "ssm:ListTagsForResource"], parameters(to)),
  ];
}

/** What the sweeper may do: end instances of the pool, and tell of it. */
export function sweeperPolicy(to: PermittedSweeper): PolicyDocument {
  return policyOf([
    writeLogs(to.logGroupArn),
    allow("Look", ["ec2:DescribeInstances", "ec2:DescribeReplaceRootVolumeTasks"], "*"),
    endOwnInstances(to),
    ...(to.topicArn ? [allow("Tell", ["sns:Publish"], to.topicArn)] : []),
  ]);
}

/** What the one-time schedules may do. */
export function endPolicy(to: PermittedPool): PolicyDocument {
  return policyOf([endOwnInstances(to)]);
}

/** What the schedules of the functions may do. */
export function callPolicy(functionArns: readonly string[]): PolicyDocument {
  return policyOf([allow("CallFunctions", ["lambda:InvokeFunction"], functionArns)]);
}

/** Who may take a role: a service of AWS, on behalf of this account where the service can say so. */
export function trustPolicy(service: "ec2" | "lambda" | "scheduler", account?: string): string {
  const condition = account ? { Condition: { StringEquals: { "aws:SourceAccount": account } } } : {};
  const Principal = { Service: `${service}.amazonaws.com` };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole", ...condition }],
  });
}

/** Whatever reaches a bucket reaches it encrypted. */
export function tlsOnlyPolicy(bucketArn: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}

const onlyOurMetrics = { StringEquals: { "cloudwatch:namespace": metricNamespace } };

function writeLogs(logGroupArn: string) {
  return allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], `${logGroupArn}:*`);
}

function endOwnInstances(to: PermittedPool) {
  return allow("EndOwn", ["ec2:TerminateInstances"], ec2Kind(to, "instance"), owned(to));
}

/** What carries the pool's mark. */
function owned({ fleetId, pool }: PermittedPool) {
  return {
    StringEquals: { [`ec2:ResourceTag/${fleetMarkTag}`]: fleetId, [`ec2:ResourceTag/${poolTag}`]: pool },
  };
}

/** What gets the pool's mark as it is made. */
function asked({ fleetId, pool }: PermittedPool) {
  return { StringEquals: { [`aws:RequestTag/${fleetMarkTag}`]: fleetId, [`aws:RequestTag/${poolTag}`]: pool } };
}

/** A host of the pool that says that its controller made it. */
function askedByController(to: PermittedPool) {
  const { StringEquals } = asked(to);
  return { StringEquals: { ...StringEquals, [`aws:RequestTag/${madeByTag}`]: madeByController[madeByTag] } };
}

function parameters(to: PermittedPool & { parameterPrefix: string }): string {
  return parameterArn(to, `${to.parameterPrefix}/*`);
}

/** Parameters that AWS publishes belong to no account. */
function parameterArn({ region, account }: PermittedPool, name: string): string {
  return `arn:aws:ssm:${region}:${name.startsWith("/aws/") ? "" : account}:parameter${name}`;
}
