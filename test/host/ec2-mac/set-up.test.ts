import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { buildkiteConfig } from "../../../host/ec2-mac/buildkite-config.ts";
import { renderSetUp, type SetUpArgs } from "../../../host/ec2-mac/set-up.ts";
import { FakeMac } from "../../components/render/fake-mac.ts";
import { buildkiteArgs, githubArgs, installedFile } from "./set-up-scripts.ts";

const state = "usr/local/libexec/mac-runner-fleet";
const label = "mac-runner-fleet.supervisor";
const archive = "the runner's archive\n";
const github: SetUpArgs = {
  ...githubArgs,
  runner: { ci: "github", runnerVersion: "2.337.0", archiveSha256: createHash("sha256").update(archive).digest("hex") },
};

/** A Mac of Amazon's image: Homebrew belongs to ec2-user, and nobody is `runner` yet. */
function freshMac(t: TestContext): FakeMac {
  const mac = new FakeMac(t);
  for (const folder of ["Library/LaunchDaemons", "Users", "var/at", "opt/homebrew/bin"])
    mkdirSync(`${mac.root}/${folder}`, { recursive: true });
  mac.program("dscl", `[ "$4" = UniqueID ] && echo "$5" >"$root/uid"; exit 0`);
  mac.program("id", `case "$1" in -u) cat "$root/uid" ;; -Gn) echo staff everyone localaccounts ;; esac`);
  mac.program("createhomedir", `mkdir -p "$root/Users/runner"`);
  mac.program("uname", "echo arm64");
  mac.program("arch", `[ -e "$root/rosetta" ]`);
  mac.program("softwareupdate", `touch "$root/rosetta"`);
  mac.program("sudo", 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
  mac.program("brew", `[ "$1" = install ] && cp "$root/bottle" "$root/bin/buildkite-agent"; exit 0`);
  execFileSync("cp", [`${mac.root}/bin/brew`, `${mac.root}/opt/homebrew/bin/brew`]);
  mac.program("buildkite-agent", "echo 'buildkite-agent version 3.115.0+10000'");
  execFileSync("mv", [`${mac.root}/bin/buildkite-agent`, `${mac.root}/bottle`]);
  mac.write("archive", archive);
  mac.program("curl", `while [ "$1" != -o ]; do shift; done; cp "$root/archive" "$2"`);
  for (const name of ["chown", "launchctl", "sleep"]) mac.program(name, "");
  return mac;
}

for (const [name, args] of Object.entries({ buildkite: buildkiteArgs, github: githubArgs }))
  test(`the set-up script for ${name} as a whole`, (t) => {
    const file = path.join(import.meta.dirname, `snapshots/set-up-${name}.sh.snap`);
    t.assert.fileSnapshot(renderSetUp(args), file, { serializers: [(value) => value] });
  });

test("a fresh Mac gets its user, its agent and its supervisor", async (t) => {
  const mac = freshMac(t);
  const { exitCode, stderr } = await mac.run(renderSetUp(buildkiteArgs));
  equal(stderr, "");
  equal(exitCode, 0);
  const calls = mac.takeCalls();
  for (const call of [
    "dscl . -create /Users/runner UniqueID 601",
    "dscl . -create /Users/runner Password *",
    "softwareupdate --install-rosetta --agree-to-license",
    `launchctl bootstrap system ${mac.root}/Library/LaunchDaemons/${label}.plist`,
  ])
    ok(calls.includes(call), call);
  ok(
    calls.some(
      (call) =>
        call.startsWith("sudo -n -H -u ec2-user") && call.endsWith("install buildkite/buildkite/buildkite-agent@3"),
    ),
  );
  equal(statSync(`${mac.root}/${state}/state`).mode & 0o777, 0o700);
  ok(mac.has("Users/runner/builds"));
  equal(mac.read("etc/ssh/sshd_config.d/mac-runner-fleet.conf"), "DenyUsers runner\n");
});

for (const [name, args] of Object.entries({ buildkite: buildkiteArgs, github }))
  test(`a second run for ${name} installs nothing again and succeeds`, async (t) => {
    const mac = freshMac(t);
    equal((await mac.run(renderSetUp(args))).exitCode, 0);
    mac.takeCalls();
    equal((await mac.run(renderSetUp(args))).exitCode, 0);
    deepEqual(
      mac.takeCalls().filter((call) => /^(brew|curl|softwareupdate|createhomedir)/.test(call)),
      [],
    );
  });

test("a runner user who is an administrator stops everything", async (t) => {
  const mac = freshMac(t);
  mac.program("id", `case "$1" in -u) echo 601 ;; -Gn) echo staff admin ;; esac`);
  const { exitCode, stderr } = await mac.run(renderSetUp(buildkiteArgs));
  equal(exitCode, 1);
  match(stderr, /runner is an administrator; nothing is started/);
  ok(!mac.takeCalls().some((call) => call.startsWith("launchctl")));
});

test("without an agent no supervisor starts, and the set-up is a failure", async (t) => {
  const mac = freshMac(t);
  execFileSync("cp", ["/bin/false", `${mac.root}/opt/homebrew/bin/brew`]);
  const { exitCode, stderr } = await mac.run(renderSetUp(buildkiteArgs));
  equal(exitCode, 1);
  match(stderr, /failed: the Buildkite agent, version 3, 5 times/);
  ok(!mac.takeCalls().some((call) => call.startsWith("launchctl")));
});

test("an archive with another checksum is refused", async (t) => {
  const mac = freshMac(t);
  const { exitCode, stderr } = await mac.run(renderSetUp(githubArgs));
  equal(exitCode, 1);
  match(stderr, /GitHub's runner 2\.337\.0: no archive with the expected checksum/);
});

test("the supervisor is kept alive by launchd, and its runner outlives it", async (t) => {
  const mac = freshMac(t);
  await mac.run(renderSetUp(github));
  const program = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
  const file = `${mac.root}/Library/LaunchDaemons/${label}.plist`;
  const plist = JSON.parse(execFileSync("python3", ["-c", program, file], { encoding: "utf8" }));
  const { Label, KeepAlive, ThrottleInterval, ExitTimeOut, AbandonProcessGroup } = plist;
  deepEqual(
    { Label, KeepAlive, ThrottleInterval, ExitTimeOut, AbandonProcessGroup },
    { Label: label, KeepAlive: true, ThrottleInterval: 10, ExitTimeOut: 30, AbandonProcessGroup: true },
  );
});

const configArgs = { tags: ["queue=macos"], home: "/Users/runner", hooksPath: "/hooks", bootstrapScript: "/job.sh" };

test("each major of the agent gets the settings that it knows, and none a token", () => {
  const three = buildkiteConfig({ ...configArgs, agentVersion: 3 });
  const four = buildkiteConfig({ ...configArgs, agentVersion: 4 });
  match(three, /^cancel-grace-period="30"\nsignal-grace-period-seconds="25"$/m);
  match(four, /^cancel-signal-timeout="25"\ncancel-cleanup-timeout="5"$/m);
  ok(!/grace-period/.test(four));
  for (const text of [three, four]) ok(!/token/.test(text));
});

test("a tag that would end its line in the agent's configuration is refused", () => {
  for (const tag of ['a="b', "a=$HOME", "a=b\nspawn=9"])
    throws(() => buildkiteConfig({ ...configArgs, agentVersion: 3, tags: [tag] }), /cannot put/);
});

/** A Mac whose agent may start a job; what `clean.sh` does is up to the test. */
function macWithJob(t: TestContext, clean: string): FakeMac {
  const mac = freshMac(t);
  mkdirSync(`${mac.root}/Users/runner`);
  mac.write(`${state}/clean.sh`, clean);
  mac.program("buildkite-agent", `/usr/bin/env >"$root/job-env"`);
  return mac;
}

const runJob = installedFile("job.sh", buildkiteArgs);

test("a job of Buildkite runs as the runner user on a clean Mac, without the agent's token", async (t) => {
  const mac = macWithJob(t, 'touch "$(dirname "$0")/cleaned"');
  const { stderr } = await mac.run(`export BUILDKITE_AGENT_TOKEN=secret\n${runJob}`);
  equal(stderr, "");
  ok(mac.has(`${state}/cleaned`));
  const agent = `${mac.root}/bin/buildkite-agent`;
  match(mac.takeCalls().join("\n"), new RegExp(`^sudo -n -E -H -u runner -- env PATH=.* ${agent} bootstrap$`, "m"));
  ok(!/BUILDKITE_AGENT_TOKEN/.test(mac.read("job-env")));
});

test("what a job sets in its environment changes nothing of what root does before it", async (t) => {
  const mac = macWithJob(t, "");
  mac.write("job.sh", mac.moved(runJob));
  for (const name of ["sudo", "env", "bash"]) mac.write(`evil/${name}`, `#!/bin/sh\ntouch '${mac.root}/pwned'\n`);
  mac.write("bash-env", `touch '${mac.root}/pwned'`);
  execFileSync("chmod", ["-R", "755", `${mac.root}/job.sh`, `${mac.root}/evil`]);
  const env = { PATH: `${mac.root}/evil:/usr/bin:/bin`, BASH_ENV: `${mac.root}/bash-env`, KEPT: "for the job" };
  execFileSync(`${mac.root}/job.sh`, { env });
  ok(!mac.has("pwned"));
  match(mac.read("job-env"), /^KEPT=for the job$/m);
  match(mac.read("job-env"), new RegExp(`^PATH=${mac.root}/evil:`, "m"), "the job has its own PATH again");
});

test("a Mac that cannot be cleaned fails the job, and its agent takes no more", async (t) => {
  const mac = macWithJob(t, "exit 1");
  const agent = spawn("/bin/sleep", ["600"]);
  t.after(() => agent.kill("SIGKILL"));
  mac.write(`${state}/state/runner`, `i-0abc boot-1 1767323045 ${agent.pid}\n`);
  const told = once(agent, "exit");
  equal((await mac.run(runJob)).exitCode, 1);
  equal((await told)[1], "SIGTERM");
  ok(!mac.has("job-env"));
});
