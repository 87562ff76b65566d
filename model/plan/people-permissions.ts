import { fleetMarkTag } from "../names.ts";
import { ec2Kind, inIam, publicImages, regional } from "./arns.ts";
import { listActions, lookActions } from "./ec2-mac-permissions.ts";
import { allow, type PolicyDocument, type PolicyStatement, passedTo, policyOf } from "./policy-document.ts";
import { madeForStack, markPattern, ofStack, type PermittedStack } from "./stack-scope.ts";

/** The group and the role of what gives hosts back; an account has one of each. */
const leases = "mac-runner-fleet-leases";

/** What a person needs for the commands that look, dry runs included. AWS knows no narrower right for the first. */
export function lookPolicy(to: PermittedStack): PolicyDocument {
  return policyOf([
    allow("LookAtEc2", lookActions, "*"),
    allow("FindImage", ["ssm:GetParameters"], `arn:aws:ssm:${to.region}::parameter/aws/service/ec2-macos/*`),
    allow("ReadMemory", ["dynamodb:GetItem", "dynamodb:Query"], tables(to)),
    allow("LookAtLeases", ["scheduler:GetSchedule"], regional("scheduler", to, `schedule/${leases}/*`)),
  ]);
}

/** What a person needs besides to act: launch, set up, drain, take out and back in, sweep, and have a test host. */
export function actPolicy(to: PermittedStack): PolicyDocument {
  return policyOf([
    allow("Remember", ["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], tables(to)),
    allow("Allocate", ["ec2:AllocateHosts"], ec2Kind(to, "dedicated-host"), madeForStack(to)),
    ...launchStatements(to),
    allow("TagOwn", ["ec2:CreateTags"], [ec2Kind(to, "dedicated-host"), ec2Kind(to, "instance")], ofStack(to)),
    allow("EndOwn", ["ec2:TerminateInstances"], ec2Kind(to, "instance"), ofStack(to)),
    allow("PutCredential", ["ssm:AddTagsToResource", "ssm:PutParameter"], parameters(to), madeForStack(to)),
    allow("ReplaceCredential", ["ssm:PutParameter"], parameters(to), { StringEquals: { "ssm:Overwrite": "true" } }),
    allow("ProveCredential", ["ssm:ListTagsForResource"], parameters(to)),
    allow("FindRoles", ["iam:GetRole"], roles(to)),
    allow("PassInstanceRole", ["iam:PassRole"], roles(to), passedTo("ec2")),
  ]);
}

function launchStatements(to: PermittedStack): PolicyStatement[] {
  const hosts = ec2Kind(to, "dedicated-host");
  const instances = ec2Kind(to, "instance");
  const anybodys = ["key-pair", "network-interface", "security-group", "subnet", "volume"];
  return [
    allow("LaunchMarked", ["ec2:RunInstances"], instances, madeForStack(to)),
    allow("LaunchFromTemplate", ["ec2:RunInstances"], ec2Kind(to, "launch-template"), ofStack(to)),
    allow("LaunchWith", ["ec2:RunInstances"], [...publicImages(to), ...anybodys.map((kind) => ec2Kind(to, kind))]),
    allow("MarkNew", ["ec2:CreateTags"], [hosts, instances, ec2Kind(to, "volume")], {
      StringEquals: { "ec2:CreateAction": ["AllocateHosts", "RunInstances"] },
    }),
  ];
}

/** What a process that keeps pools in place of a function needs besides both. */
export function runPolicy(to: PermittedStack): PolicyDocument {
  return policyOf([
    allow("LookFurther", listActions, "*"),
    allow("RenewOwn", ["ec2:CreateReplaceRootVolumeTask"], ec2Kind(to, "instance"), ofStack(to)),
    allow(
      "RenewWith",
      ["ec2:CreateReplaceRootVolumeTask"],
      [...publicImages(to), ec2Kind(to, "replace-root-volume-task"), ec2Kind(to, "volume")],
    ),
    allow("ReleaseOwn", ["ec2:ReleaseHosts"], ec2Kind(to, "dedicated-host"), ofStack(to)),
    allow(
      "ScheduleEnds",
      ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"],
      regional("scheduler", to, `schedule/${to.name}-*/*`),
    ),
    allow("WithdrawCredential", ["ssm:DeleteParameters"], parameters(to)),
    allow("PassEndRole", ["iam:PassRole"], roles(to), passedTo("scheduler")),
  ]);
}

/** What giving hosts back needs: it is done by `pulumi up` and `pulumi destroy`, and for test hosts by their release. */
export function leasesPolicy(to: PermittedStack): PolicyDocument {
  const owned = [ec2Kind(to, "dedicated-host"), ec2Kind(to, "instance")];
  const role = inIam(to, `role/${leases}`);
  return policyOf([
    allow("LookAtHosts", ["ec2:DescribeHosts", "ec2:DescribeInstances"], "*"),
    allow("KeepAsWanted", ["ec2:ModifyHosts"], ec2Kind(to, "dedicated-host"), ofStack(to)),
    allow("MarkLeaving", ["ec2:CreateTags", "ec2:DeleteTags"], owned, ofStack(to)),
    allow("GiveBack", ["ec2:ReleaseHosts", "ec2:TerminateInstances"], owned, ofStack(to)),
    allow(
      "TryAgainLater",
      ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"],
      regional("scheduler", to, `schedule/${leases}/*`),
    ),
    allow("MakeGroup", ["scheduler:CreateScheduleGroup"], regional("scheduler", to, `schedule-group/${leases}`)),
    allow(
      "MakeRole",
      [
        "iam:CreateRole",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UpdateAssumeRolePolicy",
      ],
      role,
    ),
    allow("PassRole", ["iam:PassRole"], role, passedTo("scheduler")),
  ]);
}

/**
 * What a shell on a Mac needs, after "Additional sample IAM policies for Session Manager" (Systems Manager user guide). The
 * AWS command line asks for these, so the fleet's tests cannot show that they are enough.
 */
export function shellPolicy(to: PermittedStack): PolicyDocument {
  const documents = [
    regional("ssm", to, "document/SSM-SessionManagerRunShell"),
    `arn:aws:ssm:${to.region}::document/AWS-StartInteractiveCommand`,
  ];
  return policyOf([
    allow("OpenShell", ["ssm:StartSession"], ec2Kind(to, "instance"), {
      StringLike: { [`ssm:resourceTag/${fleetMarkTag}`]: markPattern(to) },
    }),
    allow("OpenShellBy", ["ssm:StartSession"], documents),
    allow(
      "OwnSessions",
      ["ssm:ResumeSession", "ssm:TerminateSession", "ssmmessages:OpenDataChannel"],
      regional("ssm", to, `session/\${aws:userid}-*`),
    ),
  ]);
}

function tables(to: PermittedStack): string {
  return regional("dynamodb", to, `table/${to.name}-*`);
}

function roles(to: PermittedStack): string {
  return inIam(to, `role/${to.name}-*`);
}

function parameters(to: PermittedStack): string {
  return regional("ssm", to, `parameter/mac-runner-fleet/${markPattern(to)}/*`);
}
