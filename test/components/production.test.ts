import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Declared, runProgram } from "../support/program.ts";

let declared: Declared[];
const ofType = (type: string) => declared.filter((resource) => resource.type === type);
const only = (type: string): Declared => {
  const found = ofType(type);
  assert.equal(found.length, 1, `${found.length} of ${type}`);
  return found[0] as Declared;
};

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
  const { hostMaintenance, hostIds } = only("pulumi-nodejs:dynamic/fleet:HostMaintenance").inputs;
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

test("an instance may report and ship logs, and nothing else", () => {
  const policy = JSON.parse(String(only("aws:iam/rolePolicy:RolePolicy").inputs.policy));
  const granted = policy.Statement.flatMap((statement: { Action: string[] }) => statement.Action);
  // What the user data calls: `aws cloudwatch put-metric-data`, and the CloudWatch agent's three calls for its log files.
  assert.deepEqual(granted.toSorted(), [
    "cloudwatch:PutMetricData",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
  ]);
  for (const statement of policy.Statement)
    assert.ok(statement.Resource !== "*" || statement.Condition, `${statement.Sid} is limited to this fleet`);
  assert.equal(
    only("aws:iam/rolePolicyAttachment:RolePolicyAttachment").inputs.policyArn,
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
  );
});

test("silence is an alarm, and somebody is told", () => {
  const alarms = ofType("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);
  assert.deepEqual(
    alarms.map(({ metricName, treatMissingData }) => [metricName, treatMissingData]),
    [
      ["Heartbeat", "breaching"],
      ["DiskUsedPercent", "notBreaching"],
      ["MemoryUsedPercent", "notBreaching"],
    ],
  );
  const silent = alarms[0];
  // Floor 7 of 8 hosts, five reports in 300 s from each: 6 Macs ring (30), 7 do not (35).
  assert.deepEqual([silent?.period, silent?.threshold, silent?.comparisonOperator], [300, 32.5, "LessThanThreshold"]);
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
  const without = ["rolePolicy", "rolePolicyAttachment", "topicSubscription"];
  const aws = declared.filter(({ type }) => type.startsWith("aws:") && !without.some((part) => type.includes(part)));
  for (const { name, inputs } of aws)
    assert.equal((inputs.tags as Record<string, string>)["mac-runner-fleet:id"], "ci-macs-production-0badcafe", name);
});

test("a machine is one resource: what a pool shares exists once", () => {
  const machines = 8 + 18 + 6;
  const custom = declared.filter(({ type }) => type.includes("/") || type.startsWith("command:"));
  assert.ok(custom.length / machines < 2, `${custom.length} resources for ${machines} machines`);
});

test("type tokens stay as they are, for a renamed one would be a new machine", () => {
  const tokens = new Set(declared.map(({ type }) => type).filter((type) => !type.startsWith("pulumi:")));
  assert.deepEqual([...tokens].toSorted(), [
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:ec2/dedicatedHost:DedicatedHost",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:sns/topic:Topic",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "command:remote:Command",
    "github:index/actionsRunnerGroup:ActionsRunnerGroup",
    "mac-runner-fleet:ec2-mac:Pool",
    "mac-runner-fleet:orka:Pool",
    "mac-runner-fleet:tart:Host",
    "mac-runner-fleet:tart:Pool",
    "pulumi-nodejs:dynamic/fleet:HostMaintenance",
    "pulumi-nodejs:dynamic/fleet:OrkaVm",
    "pulumi-nodejs:dynamic/fleet:OrkaVmConfig",
    "pulumi-nodejs:dynamic/fleet:TartImage",
    "pulumi-nodejs:dynamic/fleet:TartVm",
    "random:index/randomId:RandomId",
  ]);
});
