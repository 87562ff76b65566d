import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { readSettings, readSweeperSettings } from "../../controllers/lambda/settings.ts";
import type { PolicyDocument } from "../../model/plan/policy-document.ts";
import { type Declared, runProgram } from "../support/program.ts";

let declared: Declared[];
const ofType = (type: string) => declared.filter((resource) => resource.type === type);
const only = (type: string): Declared => {
  const found = ofType(type);
  assert.equal(found.length, 1, `${found.length} of ${type}`);
  return found[0] as Declared;
};

/** What the controller reports at each look. */
const controllerMetrics = [
  "BusyRunners",
  "ChoresFailed",
  "DeclaredHosts",
  "HostsFailed",
  "HostsScrubbing",
  "InstancesPastHardLimit",
  "LaunchFailures",
  "LeaseWaitOverdueSeconds",
  "LeasesWaiting",
  "PromisedRunners",
  "ReadyRunners",
  "ReadyRunnersOutlook",
  "ScrubOverdue",
];

/** The inputs, in the order of the resources' names. */
function byName(resources: Declared[]) {
  return resources.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ inputs }) => inputs);
}

function policyOf(name: string): PolicyDocument {
  const found = ofType("aws:iam/rolePolicy:RolePolicy").find((policy) => policy.name === name);
  return JSON.parse(String(found?.inputs.policy));
}

before(async () => {
  declared = await runProgram("production", (config) => {
    config["mac-runner-fleet:notify"] = { emails: ["mac-team@example.com"] };
  });
});

test("eight dedicated hosts, dealt over two zones, that nothing but the pool may use", () => {
  const hosts = ofType("aws:ec2/dedicatedHost:DedicatedHost").map(({ inputs }) => inputs);
  assert.deepEqual(
    hosts.map(({ tags, availabilityZone }) => [(tags as Record<string, string>).Name, availabilityZone]),
    ["a", "b", "a", "b", "a", "b", "a", "b"].map((zone, index) => [`MacM1-${index + 1}`, `us-east-1${zone}`]),
  );
  for (const host of hosts) {
    assert.deepEqual(
      { type: host.instanceType, autoPlacement: host.autoPlacement, hostRecovery: host.hostRecovery },
      { type: "mac2.metal", autoPlacement: "off", hostRecovery: "off" },
    );
    const { purpose, PWPoolReady, automation } = host.tags as Record<string, string>;
    assert.deepEqual(
      { purpose, PWPoolReady, automation },
      { purpose: "production", PWPoolReady: "true", automation: "false" },
    );
  }
  const { hostMaintenance, hostIds } = only("pulumi-nodejs:dynamic/fleet:HostLeases").inputs;
  assert.deepEqual([hostMaintenance, (hostIds as string[]).length], ["off", 8]);
});

test("instances end for good at shutdown, ask for tokens, and start from an encrypted disk", () => {
  const template = only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
  assert.equal(template.instanceInitiatedShutdownBehavior, "terminate");
  assert.deepEqual(template.metadataOptions, {
    httpEndpoint: "enabled",
    httpTokens: "required",
    httpPutResponseHopLimit: 1,
    instanceMetadataTags: "enabled",
  });
  const [mapping] = template.blockDeviceMappings as { ebs: Record<string, unknown> }[];
  assert.deepEqual(
    [mapping?.ebs.volumeType, mapping?.ebs.encrypted, mapping?.ebs.deleteOnTermination],
    ["gp3", "true", "true"],
  );
  const userData = Buffer.from(String(template.userData), "base64").toString();
  assert.match(userData, /^#!\/bin\/bash/);
  assert.match(userData, /mac-runner-fleet\.boot-deadline/);
});

test("nobody gets in from outside", () => {
  assert.deepEqual(ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"), []);
  assert.equal(only("aws:ec2/securityGroup:SecurityGroup").inputs.ingress, undefined);
});

test("an instance may do what its programs call, and nothing else", () => {
  const policy = policyOf("macm1-reports");
  const granted = policy.Statement.flatMap((statement) => statement.Action);
  assert.deepEqual(granted.toSorted(), [
    // `aws cloudwatch put-metric-data` of the heartbeat.
    "cloudwatch:PutMetricData",
    // Boot deadline and supervisor learn from it when the root volume was replaced.
    "ec2:DescribeReplaceRootVolumeTasks",
    // The CloudWatch agent's three calls for its log files.
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    // The set-up script.
    "s3:GetObject",
    // The credential of the runner.
    "ssm:DeleteParameter",
    "ssm:GetParameter",
    // The SSM agent, for Session Manager.
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ]);
  const credential = policy.Statement.find(({ Sid }) => Sid === "TakeCredential");
  assert.deepEqual(credential?.Condition, {
    StringEquals: { "aws:ResourceTag/mac-runner-fleet:reader": `\${aws:userid}` },
  });
  assert.match(String(credential?.Resource), /:parameter\/mac-runner-fleet\/ci-macs-production-0badcafe\/macm1\/\*$/);
});

test("silence is an alarm, and somebody is told", () => {
  const alarms = ofType("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);
  assert.deepEqual(alarms.map(({ metricName, treatMissingData }) => `${metricName} ${treatMissingData}`).toSorted(), [
    "ChoresFailed notBreaching",
    "ControllerLooks breaching",
    "DiskUsedPercent notBreaching",
    "Errors notBreaching",
    "Heartbeat breaching",
    "HostsFailed notBreaching",
    "InstancesPastHardLimit notBreaching",
    "Invocations breaching",
    "LaunchFailures notBreaching",
    "LeaseWaitOverdueSeconds notBreaching",
    "MemoryUsedPercent notBreaching",
    "ReadyRunners notBreaching",
    "ScrubOverdue notBreaching",
  ]);
  const of = (metric: string) => alarms.find(({ metricName }) => metricName === metric) ?? {};
  const silent = of("Heartbeat");
  // Floor 7 of 8 hosts, five reports in 300 s from each: 6 Macs ring (30), 7 do not (35).
  assert.deepEqual([silent.period, silent.threshold, silent.comparisonOperator], [300, 32.5, "LessThanThreshold"]);
  const sweeper = { FunctionName: "ci-macs-production-macm1-sweeper" };
  for (const alarm of [of("Errors"), of("Invocations")])
    assert.deepEqual([alarm.namespace, alarm.dimensions, alarm.statistic], ["AWS/Lambda", sweeper, "Sum"]);
  const { period, evaluationPeriods } = of("Invocations");
  assert.equal(Number(period) * Number(evaluationPeriods), 26 * 3600, "a daily call may be two hours late");
  const { endpoint, protocol } = only("aws:sns/topicSubscription:TopicSubscription").inputs;
  assert.deepEqual([endpoint, protocol], ["mac-team@example.com", "email"]);
  for (const alarm of alarms) assert.equal((alarm.alarmActions as string[]).length, 1);
});

test("18 Orka VMs of three versions, 12 cores, 32 GB, 500 GB", () => {
  const vms = ofType("pulumi-nodejs:dynamic/fleet:OrkaVm").map(({ inputs }) => inputs);
  const perImage = Map.groupBy(vms, ({ vmConfig }) => vmConfig);
  assert.deepEqual(
    [...perImage.values()].map(({ length }) => length),
    [4, 6, 8],
  );
  for (const { cpu, memoryGb, diskGb } of vms) assert.deepEqual([cpu, memoryGb, diskGb], [12, 32, 500]);
  assert.equal(ofType("pulumi-nodejs:dynamic/fleet:OrkaVmConfig").length, 3);
});

test("three office Macs with two slots each of 4 cores, 8 GB, 50 GB", () => {
  assert.equal(ofType("command:remote:Command").length, 3);
  assert.equal(ofType("pulumi-nodejs:dynamic/fleet:TartImage").length, 3);
  const vms = ofType("pulumi-nodejs:dynamic/fleet:TartVm").map(({ inputs }) => inputs);
  assert.equal(vms.length, 6);
  for (const { cpu, memoryGb, diskGb } of vms) assert.deepEqual([cpu, memoryGb, diskGb], [4, 8, 50]);
});

test("public repositories never get to the Macs", () => {
  assert.equal(only("github:index/actionsRunnerGroup:ActionsRunnerGroup").inputs.allowsPublicRepositories, false);
});

test("everything in AWS that can carry tags carries the fleet's mark", () => {
  // Parts of what carries it, and schedules and dashboards, which take no tags.
  const without = [
    "bucketPolicy",
    "bucketPublicAccessBlock",
    "dashboard",
    "rolePolicy",
    "schedule:",
    "topicSubscription",
  ];
  const aws = declared.filter(({ type }) => type.startsWith("aws:") && !without.some((part) => type.includes(part)));
  for (const { name, inputs } of aws)
    assert.equal((inputs.tags as Record<string, string>)["mac-runner-fleet:id"], "ci-macs-production-0badcafe", name);
});

test("a machine is one resource: what a pool shares exists once, however many machines it has", () => {
  const perMachine = ["DedicatedHost", "OrkaVm", "TartVm"];
  const perMac = ["command:remote:Command", "TartImage"];
  const isOf = (names: string[], type: string) => names.some((name) => type.endsWith(name));
  const custom = declared.filter(({ custom: isCustom, type }) => isCustom && !type.startsWith("pulumi:"));
  assert.equal(custom.filter(({ type }) => isOf(perMachine, type)).length, 8 + 18 + 6);
  const shared = custom.filter(({ type }) => !isOf([...perMachine, ...perMac], type));
  assert.ok(shared.length <= 50, `${shared.length} shared resources`);
});

test("a host that Pulumi forgets is given back by its pool's leases, which go first", () => {
  const { hostIds, pool, fleetId, region } = only("pulumi-nodejs:dynamic/fleet:HostLeases").inputs;
  assert.deepEqual(
    [(hostIds as string[])[0], pool, fleetId, region],
    ["macm1-MacM1-1-id", "macm1", "ci-macs-production-0badcafe", "us-east-1"],
  );
});

test("the set-up script is private, named by its content, and what the user data asks for", () => {
  const block = only("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs;
  assert.deepEqual(
    [block.blockPublicAcls, block.blockPublicPolicy, block.ignorePublicAcls, block.restrictPublicBuckets],
    [true, true, true, true],
  );
  const tls = JSON.parse(String(only("aws:s3/bucketPolicy:BucketPolicy").inputs.policy)).Statement[0];
  assert.deepEqual([tls.Effect, tls.Condition], ["Deny", { Bool: { "aws:SecureTransport": "false" } }]);
  const script = only("aws:s3/bucketObjectv2:BucketObjectv2").inputs;
  const sha256 = createHash("sha256").update(String(script.content)).digest("hex");
  assert.deepEqual([script.key, script.serverSideEncryption], [`set-up/${sha256}.sh`, "AES256"]);
});

test("the functions are what AWS runs them on, and reserve nothing that a new account may not have", () => {
  const functions = byName(ofType("aws:lambda/function:Function"));
  assert.deepEqual(
    functions.map(({ name, handler, reservedConcurrentExecutions: most }) => [name, handler, most]),
    [
      ["ci-macs-production-macm1-controller", "index.pool", undefined],
      ["ci-macs-production-macm1-sweeper", "index.sweeper", undefined],
    ],
  );
  for (const { runtime, architectures, timeout, memorySize } of functions)
    assert.deepEqual([runtime, architectures, timeout, memorySize], ["nodejs24.x", ["arm64"], 300, 512]);
  const textOf = (index: number) => {
    const environment = functions[index]?.environment as { variables: Record<string, string> } | undefined;
    return environment?.variables.FLEET_POOL ?? "";
  };
  const text = textOf(0);
  assert.ok(text.length < 4000, "all variables of a function have 4 KB together");
  const settings = readSettings(text);
  assert.deepEqual(
    [settings.poolId, settings.fleet, settings.table, settings.policy.hosts.length, settings.runner.ci],
    ["ci-macs-production-0badcafe/macm1", "ci-macs-production", "ci-macs-production-macm1", 8, "buildkite"],
  );
  const sweeper = readSweeperSettings(textOf(1));
  assert.deepEqual(
    [sweeper.fleet, sweeper.policy.mark["mac-runner-fleet:pool"], sweeper.policy.sweepSeconds, sweeper.topicArn],
    ["ci-macs-production", "macm1", 3 * 86_400, "arn:aws:mock:::macm1-topic"],
  );
});

test("the controller is called every two minutes and the sweeper once a day", () => {
  const schedules = byName(ofType("aws:scheduler/schedule:Schedule"));
  assert.deepEqual(
    schedules.map(({ name, scheduleExpression }) => [name, scheduleExpression]),
    [
      ["ci-macs-production-macm1-look", "rate(2 minutes)"],
      ["ci-macs-production-macm1-sweep", "rate(1 day)"],
    ],
  );
});

test("the dashboard shows every metric that the controller and the Macs report, and all alarms", () => {
  const body = JSON.parse(String(only("aws:cloudwatch/dashboard:Dashboard").inputs.dashboardBody));
  const shown = new Set(
    body.widgets.flatMap(({ properties }: { properties: { metrics?: string[][] } }) =>
      (properties.metrics ?? []).map(([, name]) => name),
    ),
  );
  const reported = ["Heartbeat", "DiskUsedPercent", "MemoryUsedPercent", ...controllerMetrics, "ControllerLooks"];
  assert.deepEqual([...shown].toSorted(), [...new Set(reported)].toSorted());
  assert.equal(body.widgets[0].properties.alarms.length, 13);
});

test("type tokens stay as they are, for a renamed one would be a new machine", () => {
  const tokens = new Set(declared.map(({ type }) => type).filter((type) => !type.startsWith("pulumi:")));
  assert.deepEqual([...tokens].toSorted(), [
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:dynamodb/table:Table",
    "aws:ec2/dedicatedHost:DedicatedHost",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:lambda/function:Function",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:scheduler/schedule:Schedule",
    "aws:scheduler/scheduleGroup:ScheduleGroup",
    "aws:sns/topic:Topic",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "command:remote:Command",
    "github:index/actionsRunnerGroup:ActionsRunnerGroup",
    "mac-runner-fleet:ec2-mac:Pool",
    "mac-runner-fleet:orka:Pool",
    "mac-runner-fleet:tart:Host",
    "mac-runner-fleet:tart:Pool",
    "pulumi-nodejs:dynamic/fleet:HostLeases",
    "pulumi-nodejs:dynamic/fleet:OrkaVm",
    "pulumi-nodejs:dynamic/fleet:OrkaVmConfig",
    "pulumi-nodejs:dynamic/fleet:TartImage",
    "pulumi-nodejs:dynamic/fleet:TartVm",
    "random:index/randomId:RandomId",
  ]);
});
