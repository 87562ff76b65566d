import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { test } from "node:test";
import { until } from "../../support/until.ts";
import { launched, metadata, SupervisedMac, secret, state } from "./supervised-mac.ts";

const hour = 3600;

test("a credential starts one agent, named after the Mac and its instance, and is deleted at the next look", async (t) => {
  const mac = new SupervisedMac(t);
  deepEqual(await mac.look(3), ["supervisor started"]);
  mac.write("credential", `${secret}\n`);
  const said = await mac.look(3);
  deepEqual(said, ["supervisor started", "starting the runner with a new credential"]);
  ok(!mac.has("credential"));
  ok(!mac.has(`${state}/parameter-taken`));
  match(mac.read("agent-env"), /^BUILDKITE_AGENT_NAME=MacM1-1-i-0abc$/m);
  match(mac.read("agent-env"), new RegExp(`^BUILDKITE_AGENT_TOKEN=${secret}$`, "m"));
  ok(!/AWS_MAX_ATTEMPTS/.test(mac.read("agent-env")), "a job's calls to AWS are its own business");
  const calls = mac.takeCalls();
  equal(calls.filter((call) => call.startsWith("buildkite-agent")).length, 1);
  ok(
    calls.includes(
      "aws ssm get-parameter --region us-east-1 --name /mac-runner-fleet/ci-macs-1f2e3d4c/macm1/i-0abc/credential --with-decryption --query Parameter.Value --output text --cli-connect-timeout 5 --cli-read-timeout 10",
    ),
  );
});

test("the credential is in no argument list, no log and no file", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  const said = await mac.look(2);
  ok(!said.join().includes(secret));
  ok(!mac.takeCalls().join().includes(secret));
  for (const file of readdirSync(`${mac.root}/${state}`)) ok(!mac.read(`${state}/${file}`).includes(secret), file);
  ok(!mac.read("var/log/mac-runner-fleet/runner.log").includes(secret));
});

test("the metadata service is closed to jobs before a runner starts", async (t) => {
  const mac = new SupervisedMac(t);
  mac.write("credential", secret);
  mac.program("pfctl", "exit 1");
  match((await mac.look()).join(), /no runner: the metadata service could not be closed/);
  ok(!mac.has("agent-pid"));
  mac.program("pfctl", `case "$*" in *'-f -') cat >"$root/rules" ;; *info) echo 'Status: Enabled' ;; esac`);
  await mac.look();
  match(mac.read("rules"), /block return out quick inet .* to 169\.254\.169\.254 user != 0/);
});

test("a metadata service that is open to jobs is closed again, and the runner goes on", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.write("open", "");
  deepEqual(await mac.look(3), ["supervisor started", "the metadata service is open to jobs; closing it"]);
  ok(!mac.has("open"));
  ok(!mac.has("signals"));
  ok(mac.takeCalls().some((call) => /^sudo -n -u runner -- curl .* http:\/\/169\.254\.169\.254\/$/.test(call)));
});

test("where it cannot be closed, the runner is to take no more jobs, and no other starts", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.program("pfctl", "echo 'Status: Enabled'");
  mac.write("open", "");
  mac.settled = `[ -e '${mac.root}/signals' ]`;
  match((await mac.look()).join(), /may finish its job and take no more: the metadata service could not be closed/);
  mac.endRunner(0);
  mac.write("credential", secret);
  match((await mac.look(8)).join(), /no runner: the metadata service could not be closed to jobs/);
  equal(mac.shutdowns(), 0);
});

test("a runner that cannot be prepared is told once", async (t) => {
  const mac = new SupervisedMac(t);
  mac.write("credential", secret);
  rmSync(`${mac.root}/tags/Name`);
  deepEqual(await mac.look(3), ["supervisor started", "no runner: it could not be prepared"]);
});

test("a supervisor that crashed and comes back keeps the runner that lives: no shutdown, no second one", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.write("credential", "another");
  deepEqual(await mac.look(5), ["supervisor started"]);
  const calls = mac.takeCalls();
  ok(!calls.some((call) => call.startsWith("buildkite-agent") || call.startsWith("shutdown")));
});

test("a parameter that could not be deleted is deleted later", async (t) => {
  const mac = new SupervisedMac(t);
  mac.write("no-delete", "");
  await mac.withRunner();
  await mac.look();
  ok(mac.has("credential"));
  rmSync(`${mac.root}/no-delete`);
  await mac.look();
  ok(!mac.has("credential"));
});

interface Ending {
  name: string;
  ageSeconds: number;
  /** What happens before the looks. */
  before?: (mac: SupervisedMac) => void;
  hasRunner: boolean;
  expectTold: boolean;
  expectShutdown: boolean;
}

const endings: Ending[] = [
  { name: "a young life goes on", ageSeconds: 23 * hour, hasRunner: true, expectTold: false, expectShutdown: false },
  {
    name: "soft life over: the runner may finish",
    ageSeconds: 24 * hour,
    hasRunner: true,
    expectTold: true,
    expectShutdown: false,
  },
  {
    name: "soft life over, no runner: the Mac ends",
    ageSeconds: 24 * hour,
    hasRunner: false,
    expectTold: false,
    expectShutdown: true,
  },
  {
    name: "within the grace a job goes on",
    ageSeconds: 26 * hour - 60,
    hasRunner: true,
    expectTold: true,
    expectShutdown: false,
  },
  {
    name: "grace over: the Mac ends in any case",
    ageSeconds: 26 * hour,
    hasRunner: true,
    expectTold: false,
    expectShutdown: true,
  },
  {
    name: "the tag of the instance says how long its soft life is",
    ageSeconds: 20 * hour,
    before: (mac) => mac.write("tags/mac-runner-fleet:soft-life-seconds", `${20 * hour}`),
    hasRunner: true,
    expectTold: true,
    expectShutdown: false,
  },
  {
    name: "a tag that is no number does not count",
    ageSeconds: 23 * hour,
    before: (mac) => mac.write("tags/mac-runner-fleet:soft-life-seconds", "soon"),
    hasRunner: true,
    expectTold: false,
    expectShutdown: false,
  },
  {
    name: "out of service: the runner may finish",
    ageSeconds: 2 * hour,
    before: (mac) => mac.write("tags/PWPoolReady", "false"),
    hasRunner: true,
    expectTold: true,
    expectShutdown: false,
  },
  {
    name: "out of service: no shutdown, however old",
    ageSeconds: 30 * hour,
    before: (mac) => mac.write("tags/PWPoolReady", "debug"),
    hasRunner: false,
    expectTold: false,
    expectShutdown: false,
  },
  {
    name: "a tag that is missing takes it out of service",
    ageSeconds: 2 * hour,
    before: (mac) => rmSync(`${mac.root}/tags/PWPoolReady`),
    hasRunner: true,
    expectTold: true,
    expectShutdown: false,
  },
  {
    name: "tags that cannot be read change nothing",
    ageSeconds: 2 * hour,
    before: (mac) => mac.program("curl", `case "$*" in *tags/*) exit 28 ;; esac\n${metadata}`),
    hasRunner: true,
    expectTold: false,
    expectShutdown: false,
  },
  {
    name: "a replacement of the root volume began a new life",
    ageSeconds: 30 * hour,
    before: (mac) => mac.write("tasks", "succeeded\t2026-01-03T03:04:05Z\n"),
    hasRunner: true,
    expectTold: false,
    expectShutdown: false,
  },
  {
    name: "a replacement that failed did not",
    ageSeconds: 27 * hour,
    before: (mac) => mac.write("tasks", "failed\tNone\n"),
    hasRunner: true,
    expectTold: false,
    expectShutdown: true,
  },
  {
    name: "AWS does not answer: the launch counts",
    ageSeconds: 27 * hour,
    before: (mac) => mac.write("no-aws", ""),
    hasRunner: true,
    expectTold: false,
    expectShutdown: true,
  },
];

for (const ending of endings)
  test(ending.name, async (t) => {
    const mac = new SupervisedMac(t);
    if (ending.hasRunner) await mac.withRunner();
    ending.before?.(mac);
    mac.age = ending.ageSeconds;
    await mac.look(3);
    if (ending.expectTold) await until(() => mac.has("signals"));
    equal(mac.has("signals") ? mac.read("signals") : "", ending.expectTold ? "TERM\n" : "", "told once at most");
    equal(mac.shutdowns() > 0, ending.expectShutdown);
  });

test("a supervisor that comes back does not tell the runner again, for that would end its job", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.age = 24 * hour;
  mac.settled = `[ -e '${mac.root}/signals' ]`;
  await mac.look();
  await mac.look();
  equal(mac.read("signals"), "TERM\n");
});

test("right after a boot nothing is ended while AWS has not told whether a new life began", async (t) => {
  const mac = new SupervisedMac(t);
  mac.age = 30 * hour;
  mac.write("booted", `${launched + 30 * hour - 60}`);
  mac.write("tasks", "in-progress\tNone\n");
  match((await mac.look()).join(), /waiting for AWS to tell whether a new life began/);
  equal(mac.shutdowns(), 0);
  mac.write("tasks", "succeeded\t2026-01-03T09:04:00.000Z\n");
  await mac.look();
  equal(mac.shutdowns(), 0);
});

test("an agent that is gone ends the Mac", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.write("last-words", `fatal: bad token ${secret} refused`);
  mac.endRunner(1);
  const said = await mac.look(3);
  match(said.join(), /shutting down: the runner is gone, exit status 1: fatal: bad token \.\.\. refused$/);
  ok(mac.shutdowns() > 0);
});

test("an agent that cannot register is started again, ever less often, with the credential that is kept for it", async (t) => {
  const mac = new SupervisedMac(t);
  mac.write("away", "");
  await mac.withRunner();
  await mac.look();
  ok(mac.has("credential"), "nothing has come of it yet");
  mac.write("last-words", `fatal: 503 for ${secret}`);
  mac.endRunner(1);
  const said = await mac.look(2);
  match(
    said.join(),
    /the runner could not register, exit status 1: fatal: 503 for \.\.\.; it is started again after 15 s/,
  );
  match((await mac.look(7)).join(), /starting the runner .*it is started again after 30 seconds/);
  equal(mac.shutdowns(), 0);
});

interface Renewal {
  name: string;
  /** Seconds from the launch to the drain that the tag tells of; no tag, if missing. */
  drainedAt?: number;
  ageSeconds: number;
  expect: RegExp;
}

const renewals: Renewal[] = [
  {
    name: "drained for a new root volume: the Mac waits for it",
    drainedAt: 1300,
    ageSeconds: 8000,
    expect: /waiting for a new root/,
  },
  {
    name: "no volume comes within the grace",
    drainedAt: 1300,
    ageSeconds: 8600,
    expect: /shutting down: no new root volume/,
  },
  {
    name: "the soft life ends meanwhile",
    drainedAt: 86_000,
    ageSeconds: 87_000,
    expect: /waiting for a new root volume/,
  },
  {
    name: "the whole life ends meanwhile",
    drainedAt: 93_000,
    ageSeconds: 93_600,
    expect: /shutting down: .* grace is over/,
  },
  {
    name: "the drain was one of an earlier life",
    drainedAt: -60,
    ageSeconds: 8000,
    expect: /shutting down: the runner is gone/,
  },
  { name: "a runner told by somebody else", ageSeconds: 8000, expect: /shutting down: the runner is gone/ },
];

for (const { name, drainedAt, ageSeconds, expect } of renewals)
  test(`the runner ended as told; ${name}`, async (t) => {
    const mac = new SupervisedMac(t);
    await mac.withRunner();
    mac.endRunner(0);
    await mac.look(2);
    mac.takeCalls();
    mac.age = ageSeconds;
    if (drainedAt) mac.write("tags/mac-runner-fleet:renewing-since", `${launched + drainedAt}`);
    match((await mac.look()).join(), expect);
    equal(mac.shutdowns(), expect.source.startsWith("shutting") ? 1 : 0);
  });

test("an agent that ended as told gets a minute until the tag shows that says why", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.endRunner(0);
  match((await mac.look(4)).join(), /waiting for the tag/);
  equal(mac.shutdowns(), 0);
  await mac.look(4);
  ok(mac.shutdowns() > 0);
});

test("a boot without the runner of this life ends the Mac; one of an earlier life is forgotten", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.write("boot", "boot-2");
  await mac.look();
  equal(mac.shutdowns(), 1);
  mac.write("tasks", "succeeded\t2026-01-02T05:00:00Z\n");
  mac.age = 2 * hour;
  await mac.look();
  equal(mac.shutdowns(), 0);
  ok(!mac.has(`${state}/runner`));
});

test("back in service it asks for a credential again", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.write("tags/PWPoolReady", "false");
  mac.endRunner(0);
  await mac.look(3);
  mac.write("tags/PWPoolReady", "true");
  rmSync(`${mac.root}/end`);
  rmSync(`${mac.root}/agent-pid`);
  await mac.withRunner();
  equal(mac.shutdowns(), 0);
  ok(mac.has("agent-pid"));
});

test("back in service while its last job runs, it asks for a credential after that", async (t) => {
  const mac = new SupervisedMac(t);
  await mac.withRunner();
  mac.write("tags/PWPoolReady", "false");
  mac.settled = `[ -e '${mac.root}/signals' ]`;
  await mac.look();
  mac.write("tags/PWPoolReady", "true");
  await mac.look();
  mac.endRunner(0);
  match((await mac.look(8)).join(), /asking for a new credential/);
  rmSync(`${mac.root}/end`);
  rmSync(`${mac.root}/agent-pid`);
  await mac.withRunner();
  equal(mac.shutdowns(), 0);
  ok(mac.has("agent-pid"));
});
