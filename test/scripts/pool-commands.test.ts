import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetParameterCommand, ListTagsForResourceCommand, SSMClient } from "@aws-sdk/client-ssm";
import { Command, Option } from "commander";
import { openSqliteStore } from "../../controllers/pool/sqlite-store.ts";
import { allocateHosts, describeHosts } from "../../drivers/ec2/hosts.ts";
import { describeInstances, runOnHost } from "../../drivers/ec2/instances.ts";
import { isFailure } from "../../drivers/errors.ts";
import { poolMark } from "../../model/ec2-mac/lease-mark.ts";
import { testHostName } from "../../model/ec2-mac/test-host.ts";
import { addPoolCommands } from "../../scripts/commands/pool/commands.ts";
import { showCosts } from "../../scripts/commands/pool/costs.ts";
import { lazyCredentials } from "../../scripts/commands/pool/credentials.ts";
import { setUpPools } from "../../scripts/commands/pool/setup.ts";
import { openShell } from "../../scripts/commands/pool/ssh.ts";
import { showPools } from "../../scripts/commands/pool/status.ts";
import { sweepPools } from "../../scripts/commands/pool/sweep.ts";
import { createTestHost, listTestHosts, releaseTestHost } from "../../scripts/commands/pool/test-host.ts";
import { showUtilization } from "../../scripts/commands/pool/utilization.ts";
import { startTestAws, type TestAws } from "../simulators/ec2-mac/aws.ts";
import { readRepositoryFile } from "../support/files.ts";

const fleetId = "mobile-test-0badcafe";
const folder = mkdtempSync(join(tmpdir(), "people-"));
const options = { stack: "test", cwd: folder };
const ssh = { ...options, user: "ec2-user", print: true };
const { signal } = new AbortController();
const environment = ["PATH", "BUILDKITE_API_URL", "BUILDKITE_API_TOKEN"] as const;
const surroundings = Object.fromEntries(environment.map((name) => [name, process.env[name]]));
const mark = poolMark(fleetId, "macs");
const hour = 3600;
const testName = testHostName(userInfo().username, []);

const settings = `
config:
  mac-runner-fleet:fleet: { name: mobile }
  mac-runner-fleet:runners: [{ name: buildkite, ci: buildkite, organization: example-org, queue: macs, cluster: 0f4c8a1e-5b7d-4c39-9e26-7a1d3b8f6c52 }]
  mac-runner-fleet:images: [{ name: sequoia, kind: ec2-mac, macos: 15, ssmParameter: /aws/image }]
  mac-runner-fleet:pools:
    - name: macs
      kind: ec2-mac
      runner: buildkite
      image: sequoia
      region: us-west-2
      zones: [us-west-2a]
      instanceType: mac2.metal
      hosts: 1
      hostNamePrefix: mac
      controller: none
`;
const pulumi = `#!/bin/sh
case "$1" in
  stack) echo '{"fleetId": "${fleetId}"}' ;;
  config) echo '{}' ;;
esac
`;

let aws: TestAws;
let buildkite: Server;
let ec2: EC2Client;
let instanceId: string;

before(async () => {
  aws = await startTestAws();
  buildkite = createServer((_, response) => response.writeHead(200, { "content-type": "application/json" }).end("[]"));
  await once(buildkite.listen(0, "127.0.0.1"), "listening");
  writeFileSync(join(folder, "Pulumi.test.yaml"), settings);
  writeFileSync(join(folder, "pulumi"), pulumi);
  chmodSync(join(folder, "pulumi"), 0o755);
  const url = `http://127.0.0.1:${(buildkite.address() as AddressInfo).port}/v2`;
  const lines = [`PATH='${folder}:${process.env.PATH}'`, `BUILDKITE_API_URL='${url}'`, "BUILDKITE_API_TOKEN='t'"];
  writeFileSync(join(folder, "environment"), lines.join("\n"));
  ec2 = new EC2Client({ region: "us-west-2" });
  const LaunchTemplateData = { ImageId: "ami-0123456789abcdef0", InstanceType: "mac2.metal" } as const;
  await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: "mobile-test-macs", LaunchTemplateData }));
  const tags = { ...mark, Name: "mac-1", PWPoolReady: "true" };
  const place = { zone: "us-west-2a", instanceType: "mac2.metal", quantity: 1 };
  const [hostId = ""] = await allocateHosts(ec2, { ...place, clientToken: "pulumi", tags });
  const order = { hostId, launchTemplateName: "mobile-test-macs", clientToken: "launch", tags };
  ({ instanceId } = await runOnHost(ec2, order));
  aws.clock.advance(hour);
});
after(async () => {
  ec2.destroy();
  buildkite.close();
  await aws.close();
  rmSync(folder, { recursive: true, force: true });
  for (const name of environment) {
    if (surroundings[name] === undefined) delete process.env[name];
    else process.env[name] = surroundings[name];
  }
});

/** What a command prints, on stdout and on stderr, and its exit code. */
async function printed(command: () => Promise<number>): Promise<[string, number, string]> {
  const log = test.mock.method(console, "log", () => {});
  const error = test.mock.method(console, "error", () => {});
  try {
    const exitCode = await command();
    const [out = "", err = ""] = [log, error].map(({ mock }) => mock.calls.map((call) => call.arguments[0]).join("\n"));
    return [out, exitCode, err];
  } finally {
    log.mock.restore();
    error.mock.restore();
  }
}

test("setup: a dry run names the Mac that has booted; one that is not there is told", async () => {
  const [out, exitCode] = await printed(() => setUpPools(signal, undefined, { ...options, dryRun: true }));
  equal(exitCode, 0);
  match(out, new RegExp(`macs/mac-1 {2}set-up ${instanceId}: booted after its launch`));
  await rejects(setUpPools(signal, "mac-9", { ...options, dryRun: true }), /mac-9: the pool has no such host/);
});

test("setup says why it can make no credential, and ends with 1", async () => {
  const [without, exitCode] = await printed(() => setUpPools(signal, "mac-1", options));
  equal(exitCode, 1);
  match(without, /set-up failed i-\w+: booted after its launch\n {4}look up role mobile-test-macs\n {6}NoSuchEntity/);
});

test("a credential that a person's command makes can be read by the one Mac", async () => {
  const place = { fleet: "mobile", stack: "test", pool: "macs" };
  const about = { region: "us-west-2", fleetId, place, mark, now: () => Math.floor(Date.now() / 1000) };
  const issuer = {
    perJob: false,
    issue: async () => "words",
    withdraw: async () => {},
    issued: async () => new Set(""),
  };
  const registrant = { instanceId, hostName: "mac-1" };
  await rejects(lazyCredentials(about, issuer).mint(registrant, signal), (error) => isFailure(error, "not-found"));
  const iam = new IAMClient({ region: "us-west-2" });
  const ssm = new SSMClient({ region: "us-west-2" });
  try {
    const role = { RoleName: "mobile-test-macs", AssumeRolePolicyDocument: "{}" };
    const { Role } = await iam.send(new CreateRoleCommand(role));
    await lazyCredentials(about, issuer).mint(registrant, signal);
    const Name = `/mac-runner-fleet/${fleetId}/macs/${instanceId}/credential`;
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    equal(Parameter?.Value, "words");
    const listed = { ResourceType: "Parameter", ResourceId: Name } as const;
    const { TagList = [] } = await ssm.send(new ListTagsForResourceCommand(listed));
    const reader = TagList.find(({ Key }) => Key === "mac-runner-fleet:reader")?.Value;
    equal(reader, `${Role?.RoleId}:${instanceId}`);
  } finally {
    iam.destroy();
    ssm.destroy();
  }
});

test("ssh: through Session Manager, or directly with host keys that are always checked", async () => {
  const [session] = await printed(() => openShell(signal, "mac-1", [], ssh));
  equal(session, `aws ssm start-session --region us-west-2 --target ${instanceId}`);
  const [direct] = await printed(() => openShell(signal, instanceId, ["uptime"], { ...ssh, direct: true, vnc: true }));
  match(direct, /^ssh -o 'StrictHostKeyChecking=ask' .*-L 5900:localhost:5900 ec2-user@\S+ -- uptime$/);
  await rejects(openShell(signal, "mac-9", [], ssh), /mac-9: there is no such host/);
  await rejects(openShell(signal, "mac-1", [], { ...ssh, vnc: true }), /--vnc needs ssh.\n {2}Add --direct/);
});

test("ssh runs the program with this terminal, and says what is missing", async () => {
  const path = process.env.PATH;
  writeFileSync(join(folder, "aws"), `#!/bin/sh\necho "$@" > '${folder}/asked'\nexit 7\n`);
  chmodSync(join(folder, "aws"), 0o755);
  await rejects(openShell(signal, "mac-1", [], { ...ssh, print: false }), /session-manager-plugin is not installed/);
  writeFileSync(join(folder, "session-manager-plugin"), "#!/bin/sh\n");
  chmodSync(join(folder, "session-manager-plugin"), 0o755);
  equal(await openShell(signal, "mac-1", [], { ...ssh, print: false }), 7);
  equal(readFileSync(join(folder, "asked"), "utf8"), `ssm start-session --region us-west-2 --target ${instanceId}\n`);
  process.env.PATH = path;
});

test("costs and utilization: what a controller has written down", async () => {
  mkdirSync(join(folder, ".local"), { recursive: true });
  const now = Math.floor(Date.now() / 1000);
  const store = openSqliteStore(join(folder, ".local/pools-test.sqlite"), () => now);
  const answer = await store.acquire(`${fleetId}/macs`, "test");
  if (!("lease" in answer)) throw new Error("held");
  const [host] = await describeHosts(ec2, { tags: mark });
  const entry = { hostId: host?.hostId ?? "", hostName: "mac-1", instanceType: "mac2.metal", countedUntil: now };
  const entries = [{ ...entry, billedSeconds: 10 * hour, unbilledSeconds: 2 * hour, jobs: 13 }];
  await store.saveLedger(answer.lease, entries);
  for (const [ago, jobsFinished] of [
    [2 * hour, 3],
    [hour, 4],
  ] as const)
    await store.addSample(answer.lease, { at: now - ago, hosts: 2, ready: 2, busy: 1, jobsFinished });
  await store.release(answer.lease);
  store.close();
  const [costs] = await printed(() => showCosts(signal, { ...options, json: true }));
  const [row, all] = JSON.parse(costs);
  deepEqual([row.billed_h, row.unbilled_h, row.usd, row.usd_per_job], ["10.0", "2.0", "6.50", "0.50"]);
  deepEqual([row.usd_to_keep_24h, row.usd_to_return, all.usd], ["15.60", "15.60", "6.50"]);
  const [dearer] = await printed(() => showCosts(signal, { ...options, json: true, price: { "mac2.metal": 1 } }));
  equal(JSON.parse(dearer)[1].usd, "10.00");
  const [csv] = await printed(() => showUtilization(signal, { ...options, hours: 26, csv: true }));
  deepEqual(
    csv.split("\n").map((line) => line.replace(/^\d.*?,/, "")),
    ["timestamp,n_workers,n_tasks_started,n_tasks_finished", "2,4,3", "2,8,7"],
  );
  const svg = join(folder, "u.svg");
  const [wrote] = await printed(() => showUtilization(signal, { ...options, hours: 26, svg }));
  equal(wrote, `wrote ${svg}`);
  match(readFileSync(svg, "utf8"), /^<svg [\s\S]*<\/svg>\n$/);
});

test("a test host: made, used by no loop, shown, and given back when AWS takes it", async () => {
  const [dry] = await printed(() => createTestHost(signal, { ...options, dryRun: true }));
  equal(dry, `would allocate ${testName}, a mac2.metal, 15.60 USD for the first 24 hours at least, and launch on it`);
  equal((await printed(() => listTestHosts(signal, options)))[0], "no test hosts");
  const [made] = await printed(() => createTestHost(signal, options));
  match(made, new RegExp(`^${testName}: h-\\w+ with i-\\w+\\. It takes no jobs`));
  const [status, , reminder] = await printed(() => showPools(signal, { ...options, format: "table" }));
  match(
    reminder,
    new RegExp(`^Test host ${testName} of pool macs has cost up to 0.\\d\\d USD; it can be released from`),
  );
  match(status, new RegExp(`\\n\\nPOOL +TEST_HOST[^\\n]*\\nmacs +${testName}`));
  equal(status.split("\n").filter((line) => line.startsWith("macs  mac-1")).length, 1);
  await rejects(
    printed(() => releaseTestHost(signal, testName, options)),
    /AWS takes it back from \S+ on\.\n {2}Type this again then, or add --when-allowed/,
  );
  const [left, exitCode] = await printed(() => releaseTestHost(signal, testName, { ...options, whenAllowed: true }));
  equal(exitCode, 0);
  match(left, /is released as soon as AWS takes it back, from/);
  const mine = (await describeInstances(ec2, { tags: { Name: testName } })).map(({ state }) => state);
  deepEqual(mine, ["shutting-down"]);
  await rejects(
    printed(() => releaseTestHost(signal, "mac-1", options)),
    /mac-1: there is no such test host/,
  );
});

/** Types a command as a person does, and runs it on the test's stack. Its exit code, or what it said when it failed. */
async function typed(command: string): Promise<number | string> {
  let answer: number | string = "nothing ran";
  const run: Parameters<typeof addPoolCommands>[1] =
    (action) =>
    async (...args) => {
      answer = await action(signal, ...args).catch((error: Error) => error.message);
    };
  const shared = [new Option("--stack <name>"), new Option("-C, --cwd <folder>"), new Option("--json")];
  const program = new Command().exitOverride();
  addPoolCommands(program, run, shared);
  const words = command
    .split(/\s+/)
    .slice(1)
    .map((word) => (word === "staging" ? "test" : word));
  await program.parseAsync([...words, "-C", folder], { from: "user" });
  return answer;
}

test("every pool command of the runbook runs", { timeout: 120_000 }, async () => {
  const page = readRepositoryFile("docs/runbook.md");
  const commands = new Set([...page.matchAll(/scripts\/fleet pool [^`\n]+/g)].map(([command]) => command.trim()));
  ok(commands.size > 15);
  /** This stack's Mac has no runner, and its ssh comes to nothing. */
  const expected = (command: string) =>
    / drain /.test(command) ? /no runner of it takes jobs/ : / ssh /.test(command) ? /^7$/ : /^0$/;
  for (const command of commands) {
    let answer: number | string = "";
    await printed(async () => {
      answer = await typed(command);
      return 0;
    });
    match(String(answer), expected(command), command);
  }
});

test("sweep: names what has lived too long, and ends it when it is not a dry run", async () => {
  const [none] = await printed(() => sweepPools(signal, { ...options, dryRun: true }));
  equal(none, "macs: nothing has lived too long");
  aws.clock.advance(73 * hour);
  const [dry] = await printed(() => sweepPools(signal, { ...options, dryRun: true }));
  match(dry, new RegExp(`^macs/mac-1 {2}${instanceId} has lived 3.1 days: would be ended$`));
  const [done] = await printed(() => sweepPools(signal, options));
  match(done, /: ended$/);
  const [instance] = await describeInstances(ec2, { ids: [instanceId] });
  equal(instance?.state, "shutting-down");
});
