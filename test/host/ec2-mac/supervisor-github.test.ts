import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { githubMac, type SupervisedMac, secret } from "./supervised-mac.ts";

const hour = 3600;

test("GitHub: the configuration travels by the environment, to the runner user", async (t) => {
  const mac = githubMac(t);
  mac.write("credential", secret);
  await mac.look();
  match(mac.read("agent-env"), new RegExp(`^ACTIONS_RUNNER_INPUT_JITCONFIG=${secret}$`, "m"));
  const calls = mac.takeCalls();
  ok(calls.includes("sudo -n -E -H -u runner -- ./run.sh"));
  ok(mac.has("cleaned"), "what an earlier job left goes first");
  ok(!calls.join().includes(secret));
});

test("GitHub: after its job it asks for the next credential, for as long as it lives", async (t) => {
  const mac = githubMac(t);
  await mac.withRunner();
  mac.endRunner(0);
  match((await mac.look(4)).join(), /did its one job; asking for the next credential/);
  mac.age = 24 * hour - 60;
  await mac.look();
  equal(mac.shutdowns(), 0, "nobody could make one: an outage of the CI system may last");
  mac.age = 24 * hour;
  match((await mac.look()).join(), /shutting down: this life is 86400 seconds old, and no job runs/);
});

interface Told {
  name: string;
  /** What is so at the look, besides an idle runner that is past its soft life. */
  when: (mac: SupervisedMac) => void;
  /** Signals to the runner's listener, in order. */
  expect: string[];
}

const runnerLog = "Users/runner/actions-runner/_diag/Runner_20260102-030405-utc.log";
const tellings: Told[] = [
  { name: "an idle runner is told to go", when: () => {}, expect: ["STOP", "INT", "CONT"] },
  { name: "a runner with a job is not told, for the signal would end the job", when: worksFrom(1), expect: [] },
  {
    name: "a runner that has just been given a job is not told either",
    when: (mac) => mac.write(runnerLog, "[INFO Runner] One time used runner received job message.\n"),
    expect: [],
  },
  { name: "a job that comes while it is looked at goes on", when: worksFrom(2), expect: ["STOP", "CONT"] },
];

/** Runner.Worker is there from so manieth time on that somebody asks for it. */
function worksFrom(time: number) {
  return (mac: SupervisedMac) => mac.program("pgrep", `[ "$(grep -c '^pgrep' "$root/calls")" -ge ${time} ]`);
}

for (const { name, when, expect } of tellings)
  test(`GitHub: ${name}`, async (t) => {
    const mac = githubMac(t);
    await mac.withRunner();
    mac.age = 24 * hour;
    when(mac);
    await mac.look();
    const signals = mac.takeCalls().flatMap((call) => /^pkill -(\w+) .*Runner\.Listener$/.exec(call)?.[1] ?? []);
    deepEqual(signals, expect);
  });

test("GitHub: no runner starts beside what an earlier job left and cannot be cleaned up", async (t) => {
  const mac = githubMac(t);
  mac.write("credential", secret);
  mac.write("usr/local/libexec/mac-runner-fleet/clean.sh", "echo processes of the last job do not end >&2; exit 1");
  deepEqual(await mac.look(3), [
    "supervisor started",
    "no runner: it could not be prepared, for processes of the last job do not end",
  ]);
  ok(!mac.has("agent-pid"));
});
