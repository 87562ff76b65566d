/** What each function may do in AWS: all that it uses, and nothing else. A test compares both with what is really sent. */

/** Of the pool's controller. */
export const poolActions = [
  "cloudwatch:PutMetricData",
  "dynamodb:ConditionCheckItem",
  "dynamodb:GetItem",
  "dynamodb:PutItem",
  "dynamodb:Query",
  "dynamodb:UpdateItem",
  "ec2:AllocateHosts",
  "ec2:CreateReplaceRootVolumeTask",
  "ec2:CreateTags",
  "ec2:DescribeHosts",
  "ec2:DescribeInstanceStatus",
  "ec2:DescribeInstances",
  "ec2:DescribeLaunchTemplateVersions",
  "ec2:DescribeReplaceRootVolumeTasks",
  "ec2:ReleaseHosts",
  "ec2:RunInstances",
  "ec2:TerminateInstances",
  "iam:PassRole",
  "scheduler:CreateSchedule",
  "scheduler:DeleteSchedule",
  "scheduler:ListSchedules",
  "scheduler:UpdateSchedule",
  "ssm:AddTagsToResource",
  "ssm:DeleteParameters",
  "ssm:DescribeParameters",
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:ListTagsForResource",
  "ssm:PutParameter",
] as const;

/** Of the sweeper. */
export const sweeperActions = [
  "ec2:DescribeInstances",
  "ec2:DescribeReplaceRootVolumeTasks",
  "ec2:TerminateInstances",
  "sns:Publish",
] as const;
