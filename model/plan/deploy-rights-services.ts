import { inIam, regional } from "./arns.ts";
import type { RightsByType } from "./deploy-right.ts";
import { passedTo } from "./policy-document.ts";
import { markPattern, type PermittedStack } from "./stack-scope.ts";

const named = (service: string, before: string) => (to: PermittedStack) =>
  regional(service, to, `${before}${to.name}-*`);
const bucket = (to: PermittedStack) => `arn:aws:s3:::${markPattern(to)}-*`;
const objects = (to: PermittedStack) => `${bucket(to)}/*`;
const role = (to: PermittedStack) => inIam(to, `role/${to.name}-*`);
const profile = (to: PermittedStack) => inIam(to, `instance-profile/${to.name}-*`);
const topic = named("sns", "");
/** What the program declares elsewhere. Things there have names of the program's choice, which begin with the stack's. */
export const serviceRights: RightsByType = {
  "aws:iam/role:Role": {
    sid: "Role",
    reads: {
      actions: [
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
      ],
      on: role,
    },
    changes: [
      {
        actions: [
          "iam:CreateRole",
          "iam:DeleteRole",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ],
        on: role,
      },
    ],
  },
  "aws:iam/rolePolicy:RolePolicy": {
    sid: "RolePolicy",
    reads: { actions: ["iam:GetRolePolicy"], on: role },
    changes: [{ actions: ["iam:DeleteRolePolicy", "iam:PutRolePolicy"], on: role }],
  },
  "aws:iam/instanceProfile:InstanceProfile": {
    sid: "Profile",
    reads: { actions: ["iam:GetInstanceProfile"], on: profile },
    changes: [
      {
        actions: [
          "iam:AddRoleToInstanceProfile",
          "iam:CreateInstanceProfile",
          "iam:DeleteInstanceProfile",
          "iam:RemoveRoleFromInstanceProfile",
          "iam:TagInstanceProfile",
          "iam:UntagInstanceProfile",
        ],
        on: profile,
      },
      { actions: ["iam:PassRole"], on: role, when: () => passedTo("ec2") },
    ],
  },
  "aws:lambda/function:Function": {
    sid: "Function",
    reads: {
      actions: [
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionConfiguration",
        "lambda:ListVersionsByFunction",
      ],
      on: named("lambda", "function:"),
    },
    changes: [
      {
        actions: [
          "lambda:CreateFunction",
          "lambda:DeleteFunction",
          "lambda:TagResource",
          "lambda:UntagResource",
          "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration",
        ],
        on: named("lambda", "function:"),
      },
      { actions: ["iam:PassRole"], on: role, when: () => passedTo("lambda") },
    ],
  },
  "aws:scheduler/scheduleGroup:ScheduleGroup": {
    sid: "ScheduleGroup",
    reads: {
      actions: ["scheduler:GetScheduleGroup", "scheduler:ListTagsForResource"],
      on: named("scheduler", "schedule-group/"),
    },
    changes: [
      {
        actions: [
          "scheduler:CreateScheduleGroup",
          "scheduler:DeleteScheduleGroup",
          "scheduler:TagResource",
          "scheduler:UntagResource",
        ],
        on: named("scheduler", "schedule-group/"),
      },
      // With the group go the ends of instances that are scheduled in it.
      { actions: ["scheduler:DeleteSchedule"], on: (to) => regional("scheduler", to, `schedule/${to.name}-*/*`) },
    ],
  },
  "aws:scheduler/schedule:Schedule": {
    sid: "Schedule",
    reads: { actions: ["scheduler:GetSchedule"], on: named("scheduler", "schedule/default/") },
    changes: [
      {
        actions: ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"],
        on: named("scheduler", "schedule/default/"),
      },
      { actions: ["iam:PassRole"], on: role, when: () => passedTo("scheduler") },
    ],
  },
  "aws:dynamodb/table:Table": {
    sid: "Table",
    reads: {
      actions: [
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:ListTagsOfResource",
      ],
      on: named("dynamodb", "table/"),
    },
    changes: [
      {
        actions: [
          "dynamodb:CreateTable",
          "dynamodb:DeleteTable",
          "dynamodb:TagResource",
          "dynamodb:UntagResource",
          "dynamodb:UpdateContinuousBackups",
          "dynamodb:UpdateTable",
          "dynamodb:UpdateTimeToLive",
        ],
        on: named("dynamodb", "table/"),
      },
    ],
  },
  "aws:ssm/parameter:Parameter": {
    sid: "ApiToken",
    lists: ["ssm:DescribeParameters"],
    reads: { actions: ["ssm:GetParameter", "ssm:ListTagsForResource"], on: apiTokens },
    changes: [
      {
        actions: ["ssm:AddTagsToResource", "ssm:DeleteParameter", "ssm:PutParameter", "ssm:RemoveTagsFromResource"],
        on: apiTokens,
      },
    ],
  },
  "aws:s3/bucket:Bucket": {
    sid: "Bucket",
    // Whatever a bucket can have is looked at, and tags by the newer of two APIs, else by the older.
    reads: {
      actions: [
        "s3:GetAccelerateConfiguration",
        "s3:GetBucketAbac",
        "s3:GetBucketAcl",
        "s3:GetBucketCORS",
        "s3:GetBucketLocation",
        "s3:GetBucketLogging",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketRequestPayment",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
        "s3:ListTagsForResource",
      ],
      on: bucket,
    },
    changes: [
      {
        actions: [
          "s3:CreateBucket",
          "s3:DeleteBucket",
          "s3:ListBucketVersions",
          "s3:PutBucketTagging",
          "s3:TagResource",
          "s3:UntagResource",
        ],
        on: bucket,
      },
      // `forceDestroy`: the bucket goes with what is in it.
      { actions: ["s3:DeleteObject", "s3:DeleteObjectVersion"], on: objects },
    ],
  },
  "aws:s3/bucketObjectv2:BucketObjectv2": {
    sid: "Script",
    reads: { actions: ["s3:GetObject", "s3:GetObjectTagging"], on: objects },
    changes: [{ actions: ["s3:PutObject", "s3:PutObjectTagging"], on: objects }],
  },
  "aws:s3/bucketPolicy:BucketPolicy": {
    sid: "BucketPolicy",
    reads: { actions: ["s3:GetBucketPolicy"], on: bucket },
    changes: [{ actions: ["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"], on: bucket }],
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    sid: "BucketAccess",
    reads: { actions: ["s3:GetBucketPublicAccessBlock"], on: bucket },
    changes: [{ actions: ["s3:PutBucketPublicAccessBlock"], on: bucket }],
  },
  "aws:sns/topic:Topic": {
    sid: "Topic",
    lists: ["sns:ListTopics"],
    reads: { actions: ["sns:GetTopicAttributes", "sns:ListTagsForResource"], on: topic },
    changes: [
      {
        actions: [
          "sns:CreateTopic",
          "sns:DeleteTopic",
          "sns:SetTopicAttributes",
          "sns:TagResource",
          "sns:UntagResource",
        ],
        on: topic,
      },
    ],
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    sid: "Subscription",
    reads: { actions: ["sns:GetSubscriptionAttributes", "sns:ListSubscriptionsByTopic"], on: topic },
    changes: [{ actions: ["sns:SetSubscriptionAttributes", "sns:Subscribe", "sns:Unsubscribe"], on: topic }],
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    sid: "Alarm",
    lists: ["cloudwatch:DescribeAlarms"],
    reads: { actions: ["cloudwatch:ListTagsForResource"], on: named("cloudwatch", "alarm:") },
    changes: [
      {
        actions: [
          "cloudwatch:DeleteAlarms",
          "cloudwatch:PutMetricAlarm",
          "cloudwatch:TagResource",
          "cloudwatch:UntagResource",
        ],
        on: named("cloudwatch", "alarm:"),
      },
    ],
  },
  "aws:cloudwatch/dashboard:Dashboard": {
    sid: "Dashboard",
    reads: { actions: ["cloudwatch:GetDashboard"], on: dashboards },
    changes: [{ actions: ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"], on: dashboards }],
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    sid: "Logs",
    lists: ["logs:DescribeLogGroups"],
    reads: { actions: ["logs:ListTagsForResource"], on: logGroups },
    changes: [
      {
        actions: [
          "logs:CreateLogGroup",
          "logs:DeleteLogGroup",
          "logs:DeleteRetentionPolicy",
          "logs:PutRetentionPolicy",
          "logs:TagResource",
          "logs:UntagResource",
        ],
        on: logGroups,
      },
    ],
  },
  "aws:servicequotas/getServiceQuota:getServiceQuota": {
    sid: "Quota",
    lists: ["servicequotas:GetAWSDefaultServiceQuota", "servicequotas:GetServiceQuota"],
    changes: [],
  },
};

function apiTokens(to: PermittedStack): string {
  return regional("ssm", to, `parameter/mac-runner-fleet/${markPattern(to)}/api_token/*`);
}

/** Dashboards belong to no region. */
function dashboards({ account, name }: PermittedStack): string {
  return `arn:aws:cloudwatch::${account}:dashboard/${name}-*`;
}

function logGroups(to: PermittedStack): string[] {
  return ["/aws/lambda/", "/mac-runner-fleet/"].map((folder) =>
    regional("logs", to, `log-group:${folder}${to.name}-*`),
  );
}
