import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { renderUserData } from "../../../components/ec2-mac/user-data.ts";
import { FakeMac } from "./fake-mac.ts";
import { userDataArgs } from "./user-data-scripts.ts";

const setUpScript = `echo "set up by $0"\n`;
const sha256 = createHash("sha256").update(setUpScript).digest("hex");
const args = { ...userDataArgs, setUp: { ...userDataArgs.setUp, sha256 } };

const daemons = ["mac-runner-fleet.boot-deadline", "mac-runner-fleet.heartbeat"];

/** A Mac just launched, with the programs that the user data calls. */
function freshMac(t: TestContext): FakeMac {
  const mac = new FakeMac(t);
  mkdirSync(`${mac.root}/Library/LaunchDaemons`, { recursive: true });
  for (const name of ["scutil", "mdutil", "softwareupdate", "defaults", "pmset", "sleep"]) mac.program(name, "");
  mac.program(
    "launchctl",
    `[ "$1" = bootstrap ] || exit 3
    if [ -s "$root/busy" ]; then
      sed -i.bak 1d "$root/busy"
      echo 'Bootstrap failed: 5: Input/output error' >&2
      exit 5
    fi`,
  );
  mac.program("aws", 'case "$1" in s3) cat "$root/set-up.sh" ;; esac');
  mac.write("set-up.sh", setUpScript);
  mac.program(
    "curl",
    `case "$*" in
      *PUT*) echo token ;;
      *tags/instance/Name) echo MacM1-1 ;;
      *tags/instance/mac-runner-fleet:set-up-script)
        if [ -s "$root/stumbles" ]; then
          sed -i.bak 1d "$root/stumbles"
          exit 28
        fi
        cat "$root/tagged" 2>/dev/null || exit 22
        ;;
      *) exit 22 ;;
    esac`,
  );
  return mac;
}

test("the user data as a whole", (t) => {
  const file = path.join(import.meta.dirname, "snapshots/user-data.sh.snap");
  t.assert.fileSnapshot(renderUserData(args), file, { serializers: [(value) => value] });
});

test("it fits into the 16 KB that EC2 takes, even with the longest names", () => {
  const long = "x".repeat(200);
  const text = renderUserData({ ...args, fleet: long, pool: long, logGroup: long, metricNamespace: long });
  ok(Buffer.byteLength(text) < 16_384, `${Buffer.byteLength(text)} bytes`);
});

test("the deadline is loaded before anything else is touched", async (t) => {
  const mac = freshMac(t);
  const { exitCode } = await mac.run(renderUserData(args));
  equal(exitCode, 0);
  const calls = mac.takeCalls();
  equal(calls[0], "launchctl bootout system/mac-runner-fleet.boot-deadline");
  equal(calls[1], `launchctl bootstrap system ${mac.root}/Library/LaunchDaemons/mac-runner-fleet.boot-deadline.plist`);
});

test("the deadline is loaded even when every other program fails", async (t) => {
  const mac = freshMac(t);
  for (const name of ["scutil", "mdutil", "softwareupdate", "defaults", "pmset", "curl"]) mac.program(name, "exit 1");
  const { exitCode, stderr } = await mac.run(renderUserData(args));
  equal(exitCode, 1, "ec2-macos-init runs user data again at the next boot only after a failure");
  match(stderr, /failed: pmset/);
  const loaded = mac.takeCalls().filter((call) => call.startsWith("launchctl bootstrap"));
  deepEqual(
    loaded,
    daemons.map((label) => `launchctl bootstrap system ${mac.root}/Library/LaunchDaemons/${label}.plist`),
  );
});

test("a daemon that is still ending is loaded once it has ended", async (t) => {
  const mac = freshMac(t);
  mac.write("busy", "1\n2\n3\n");
  const { exitCode } = await mac.run(renderUserData(args));
  equal(exitCode, 0);
  equal(mac.takeCalls().filter((call) => call.includes("bootstrap system")).length, 3 + daemons.length);
});

test("a daemon that never loads is a failure, after a limited number of attempts", async (t) => {
  const mac = freshMac(t);
  mac.write("busy", "x\n".repeat(100));
  const { exitCode, stderr } = await mac.run(renderUserData(args));
  equal(exitCode, 1);
  match(stderr, /failed: launchctl bootstrap of mac-runner-fleet.boot-deadline, 10 times/);
});

test("the Mac takes the name of its tag; the metadata token stays out of the argument list", async (t) => {
  const mac = freshMac(t);
  await mac.run(renderUserData(args));
  const calls = mac.takeCalls();
  for (const kind of ["ComputerName", "HostName", "LocalHostName"]) ok(calls.includes(`scutil --set ${kind} MacM1-1`));
  ok(!calls.some((call) => call.includes("token:") || call.endsWith(" token")));
});

test("indexing, updates and sleep are off", async (t) => {
  const mac = freshMac(t);
  await mac.run(renderUserData(args));
  const calls = mac.takeCalls();
  for (const call of [
    "mdutil -a -i off",
    "softwareupdate --schedule off",
    "pmset -a sleep 0 disksleep 0 displaysleep 0",
  ])
    ok(calls.includes(call), call);
});

test("a file that cannot be written is a failure", async (t) => {
  const mac = freshMac(t);
  mac.write("usr/local/libexec", "in the way");
  const { exitCode, stderr } = await mac.run(renderUserData(args));
  equal(exitCode, 1);
  match(stderr, /failed: write .*boot-deadline.sh/);
});

test("a second run leaves the same files", async (t) => {
  const mac = freshMac(t);
  const files = () =>
    execFileSync("find", [mac.root, "-type", "f", "-path", "*mac-runner-fleet*"], { encoding: "utf8" });
  await mac.run(renderUserData(args));
  const first = files();
  const { exitCode } = await mac.run(renderUserData(args));
  equal(exitCode, 0);
  equal(files(), first);
});

test("the property lists say what launchd must know", async (t) => {
  const mac = freshMac(t);
  await mac.run(renderUserData({ ...args, heartbeatSeconds: 90 }));
  const [deadline, heartbeat] = daemons.map((label) => parsePlist(`${mac.root}/Library/LaunchDaemons/${label}.plist`));
  deepEqual(deadline, expectedPlist(mac, "boot-deadline", 60));
  deepEqual(heartbeat, expectedPlist(mac, "heartbeat", 90));
});

test("an image with the CloudWatch agent ships its logs to the log group", async (t) => {
  const mac = freshMac(t);
  mac.program("amazon-cloudwatch-agent-ctl", "");
  mac.write("opt/aws/amazon-cloudwatch-agent/etc/.keep", "");
  execFileSync("mkdir", ["-p", `${mac.root}/opt/aws/amazon-cloudwatch-agent/bin`]);
  execFileSync("cp", [
    `${mac.root}/bin/amazon-cloudwatch-agent-ctl`,
    `${mac.root}/opt/aws/amazon-cloudwatch-agent/bin/`,
  ]);
  const { exitCode } = await mac.run(renderUserData(args));
  equal(exitCode, 0);
  const settings = JSON.parse(mac.read("opt/aws/amazon-cloudwatch-agent/etc/mac-runner-fleet.json"));
  const files: { log_group_name: string; log_stream_name: string }[] = settings.logs.logs_collected.files.collect_list;
  deepEqual(
    files.map((file) => `${file.log_group_name} ${file.log_stream_name}`),
    ["ec2-macos-init", "boot-deadline", "heartbeat", "set-up", "supervisor", "runner"].map(
      (log) => `${args.logGroup} {instance_id}/${log}`,
    ),
  );
  match(
    mac.takeCalls().find((call) => call.startsWith("amazon")) ?? "",
    /^amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/,
  );
});

test("the set-up script is fetched to a file of root's, checked and run, with its words in a log", async (t) => {
  const mac = freshMac(t);
  const { exitCode } = await mac.run(renderUserData(args));
  equal(exitCode, 0);
  ok(mac.takeCalls().includes(`aws s3 cp s3://ci-macs/set-up/${sha256}.sh - --region us-east-1 --only-show-errors`));
  match(mac.read("var/log/mac-runner-fleet/set-up.log"), /^set up by .*set-up\.sh\n$/);
  equal(statSync(`${mac.root}/usr/local/libexec/mac-runner-fleet/set-up.sh`).mode & 0o777, 0o600);
});

test("the set-up script is that of the instance's tag, which a new root volume may have brought", async (t) => {
  const later = `echo "set up anew"\n`;
  for (const [tag, script] of [
    [createHash("sha256").update(later).digest("hex"), later],
    ["", setUpScript],
    [`${sha256}/../other`, setUpScript],
  ] as const) {
    const mac = freshMac(t);
    mac.write("tagged", tag);
    mac.write("set-up.sh", script);
    equal((await mac.run(renderUserData(args))).exitCode, 0);
    const expected = createHash("sha256").update(script).digest("hex");
    ok(
      mac.takeCalls().some((call) => call.startsWith(`aws s3 cp s3://ci-macs/set-up/${expected}.sh - `)),
      tag,
    );
  }
});

test("a metadata service that stumbles is asked again for the tag, and nothing is guessed while it says nothing", async (t) => {
  const later = `echo "set up anew"\n`;
  const tag = createHash("sha256").update(later).digest("hex");
  for (const [stumbles, isSetUp] of [
    [9, true],
    [10, false],
  ] as const) {
    const mac = freshMac(t);
    mac.write("tagged", tag);
    mac.write("set-up.sh", later);
    mac.write("stumbles", "x\n".repeat(stumbles));
    const { exitCode, stderr } = await mac.run(renderUserData(args));
    equal(exitCode, isSetUp ? 0 : 1);
    const fetched = mac.takeCalls().filter((call) => call.startsWith("aws s3 cp"));
    deepEqual([fetched.length, fetched.every((call) => call.includes(tag))], [isSetUp ? 1 : 0, true]);
    if (!isSetUp) match(stderr, /failed: fetch the set-up script that the tag names with its checksum, 10 times/);
  }
});

test("a set-up script with another checksum is not run, after some attempts", async (t) => {
  const mac = freshMac(t);
  mac.write("set-up.sh", `${setUpScript}echo more\n`);
  const { exitCode, stderr } = await mac.run(renderUserData(args));
  equal(exitCode, 1);
  match(stderr, /failed: fetch the set-up script [0-9a-f]{64} with its checksum, 10 times/);
  ok(!mac.has("var/log/mac-runner-fleet/set-up.log"));
});

test("a set-up that fails makes the user data run again at the next boot", async (t) => {
  const mac = freshMac(t);
  mac.write("set-up.sh", "exit 1\n");
  const failing = { ...args.setUp, sha256: createHash("sha256").update("exit 1\n").digest("hex") };
  const { exitCode, stderr } = await mac.run(renderUserData({ ...args, setUp: failing }));
  equal(exitCode, 1);
  match(stderr, /failed: the set-up; see .*set-up\.log/);
});

test("without a set-up script the Mac stays as it has booted", async (t) => {
  const mac = freshMac(t);
  const { setUp: _, ...rest } = args;
  equal((await mac.run(renderUserData(rest))).exitCode, 0);
  ok(!mac.takeCalls().some((call) => call.startsWith("aws s3")));
});

function parsePlist(file: string): unknown {
  const program = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
  return JSON.parse(execFileSync("python3", ["-c", program, file], { encoding: "utf8" }));
}

function expectedPlist(mac: FakeMac, name: string, intervalSeconds: number): object {
  return {
    Label: `mac-runner-fleet.${name}`,
    ProgramArguments: ["/bin/bash", `${mac.root}/usr/local/libexec/mac-runner-fleet/${name}.sh`],
    RunAtLoad: true,
    StartInterval: intervalSeconds,
    StandardOutPath: `${mac.root}/var/log/mac-runner-fleet/${name}.log`,
    StandardErrorPath: `${mac.root}/var/log/mac-runner-fleet/${name}.log`,
  };
}
