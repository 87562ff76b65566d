import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { CreateLaunchTemplateCommand, EC2Client } from "@aws-sdk/client-ec2";
import { allocateHosts, describeHosts } from "../../../drivers/ec2/hosts.ts";
import { poolMark } from "../../../model/ec2-mac/lease-mark.ts";
import { drainHost, switchHost } from "../../../scripts/commands/pool/hosts.ts";
import { launchPools } from "../../../scripts/commands/pool/launch.ts";
import { runPools } from "../../../scripts/commands/pool/run.ts";
import { showPools } from "../../../scripts/commands/pool/status.ts";
import { showTimeline } from "../../../scripts/commands/pool/timeline.ts";
import { startTestAws, type TestAws } from "../../simulators/ec2-mac/aws.ts";

const fleetId = "mobile-test-0badcafe";
const folder = mkdtempSync(join(tmpdir(), "pool-commands-"));
const options = { stack: "test", cwd: folder };
const { signal } = new AbortController();
const environment = ["PATH", "BUILDKITE_API_URL", "BUILDKITE_API_TOKEN"] as const;
const surroundings = Object.fromEntries(environment.map((name) => [name, process.env[name]]));

/** What a stack needs to be looked at: its settings, and a `pulumi` that knows its outputs. */
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
      hosts: 2
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
  const tags = { ...poolMark(fleetId, "macs"), Name: "mac-1", PWPoolReady: "true" };
  const place = { zone: "us-west-2a", instanceType: "mac2.metal", quantity: 1 };
  await allocateHosts(ec2, { ...place, clientToken: "pulumi", tags });
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

/** What a command prints, and its exit code. */
async function printed(t: { mock: typeof test.mock }, command: () => Promise<number>): Promise<[string, number]> {
  const log = t.mock.method(console, "log", () => {});
  const exitCode = await command();
  const lines = log.mock.calls.map(({ arguments: [line] }) => String(line));
  log.mock.restore();
  return [lines.join("\n"), exitCode];
}

async function readyTag(): Promise<string | undefined> {
  const [host] = await describeHosts(ec2, { tags: poolMark(fleetId, "macs") });
  return host?.tags.PWPoolReady;
}

test("status: a table, JSON, or a status file", async (t) => {
  const [table, exitCode] = await printed(t, () => showPools(signal, { ...options, format: "table" }));
  equal(exitCode, 0);
  const rows = table.split("\n").map((line) => line.split(/ {2,}/));
  deepEqual(rows[0], ["POOL", "HOST", "ZONE", "STATE", "STAGE", "ROLE", "NEXT"]);
  deepEqual(
    rows.slice(1).map((row) => row.slice(0, 4)),
    [
      ["macs", "mac-1", "us-west-2a", "available"],
      ["macs", "mac-2", "us-west-2a", "missing"],
    ],
  );
  const [json] = await printed(t, () => showPools(signal, { ...options, format: "table", json: true }));
  equal(JSON.parse(json)[0].stage, "free");
  const [dh] = await printed(t, () => showPools(signal, { ...options, format: "dh" }));
  match(
    dh,
    /^# LaunchInstances.sh run [^\n]*\n#\n# mac-1 HOST THROTTLE: [^\n]*\n# mac-2 HOST ERROR: Failed to look up/,
  );
});

test("status of a pool that cannot be looked at says why and ends with 3", async (t) => {
  const log = t.mock.method(console, "error", () => {});
  await aws.control("faults", { action: "DescribeHosts", effect: "access-denied" });
  const [, exitCode] = await printed(t, () => showPools(signal, { ...options, format: "table" }));
  equal(exitCode, 3);
  match(String(log.mock.calls[0]?.arguments[0]), /^Pool macs: describe dedicated hosts\n {2}UnauthorizedOperation/);
});

test("disable and enable set the host's tag, in a dry run only in words; the timeline tells", async (t) => {
  const [dry] = await printed(t, () => switchHost("disable")(signal, "mac-1", { ...options, dryRun: true }));
  match(dry, /^would set PWPoolReady=false on h-\w+ \(mac-1\)$/);
  equal(await readyTag(), "true");
  const [done] = await printed(t, () => switchHost("disable")(signal, "mac-1", options));
  match(done, /^set PWPoolReady=false on h-\w+ \(mac-1\)$/);
  equal(await readyTag(), "false");
  await printed(t, () => switchHost("enable")(signal, "mac-1", options));
  equal(await readyTag(), "true");
  const [lines] = await printed(t, () => showTimeline(signal, "mac-1", { ...options, last: 5 }));
  deepEqual(
    lines.split("\n").map((line) => /macs\/mac-1 {2}(\w+ \w+)/.exec(line)?.[1]),
    ["disable done", "enable done"],
  );
});

test("drain of a host without a runner, in the words of the pool", async () => {
  await rejects(
    drainHost(signal, "mac-1", options),
    /mac-1: no runner of it takes jobs, so there is none to drain. It is free/,
  );
});

test("launch tells what has to wait, in a dry run too", async (t) => {
  for (const dryRun of [true, false]) {
    const [lines, exitCode] = await printed(t, () => launchPools(signal, { ...options, dryRun, force: true }));
    equal(exitCode, 0);
    match(lines, /macs\/mac-1 {2}wait h-\w+: the controller has just begun to remember/);
  }
});

test("a pool or stack that is not there is told by name", async () => {
  await rejects(
    showPools(signal, { ...options, pool: "none", format: "table" }),
    /has no such pool.*\n {2}It has macs/,
  );
});

test("run refuses to start blind", async (t) => {
  writeFileSync(join(folder, "environment"), `PATH='${folder}:${process.env.PATH}'\nBUILDKITE_API_TOKEN=''\n`);
  t.after(() => writeFileSync(join(folder, "environment"), `BUILDKITE_API_TOKEN='t'\n`));
  await rejects(runPools(signal, options), /BUILDKITE_API_TOKEN is not set\n {2}Set it to an API access token/);
});

test("run keeps going until it is interrupted, and then ends in order", { timeout: 30_000 }, async () => {
  const fleet = join(import.meta.dirname, "../../../scripts/fleet.ts");
  const child = spawn(process.execPath, [fleet, "pool", "run", "--stack", "test", "-C", folder, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BUILDKITE_API_TOKEN: "t" },
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  equal(JSON.parse(line).pool, "macs");
  child.kill("SIGTERM");
  deepEqual(await once(child, "exit"), [0, null]);
});
