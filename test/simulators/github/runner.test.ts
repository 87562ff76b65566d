import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { githubJit } from "../../../drivers/github/jit.ts";
import { addJob, cancelJob } from "../../../simulators/github/rules.ts";
import { until } from "../../support/until.ts";
import { github, scratch, startRunner } from "./support.ts";

const server = await github({ messageFloor: "2.331.0" });
const jit = githubJit({ url: server.url, organization: "acme", token: server.token });
let names = 0;

/** Registers a runner with a label of its own, so that no other runner takes its job. */
async function register() {
  const label = `label-${++names}`;
  const name = `mac-${names}`;
  const { encodedJitConfig } = await jit.register({ name, groupId: 1, labels: [label, "macos"] }, () => false);
  return { name, label, config: encodedJitConfig };
}
const job = (label: string, command: string) => addJob(server.state, { labels: [label], command }, server.clock.now());
const runner = (name: string) => server.state.runners.find((item) => item.name === name);

test("takes one job, reports it, and is gone", async () => {
  const { name, label, config } = await register();
  const work = job(label, "echo hello; env | grep -c JITCONFIG || :");
  const next = job(label, "true");
  const program = startRunner(config);
  assert.equal(await program.ended, 0);
  assert.deepEqual([work.conclusion, work.runnerName, work.log], ["success", name, "hello\n0\n"]);
  assert.deepEqual([next.status, runner(name)], ["queued", undefined]);
  assert.match(program.output, /√ Connected to GitHub/);
  assert.match(program.output, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Listening for Jobs$/m);
  assert.match(program.output, /Z: Running job: build$/m);
  assert.match(program.output, /Z: Job build completed with result: Succeeded$/m);
  assert.match(
    program.output,
    /Runner listener exit with 0 return code, stop the service, no retry needed\.\nExiting runner/,
  );
});

test("a job fails by its command or by a hook, and the second hook always runs", async () => {
  const { label, config } = await register();
  const work = job(label, "exit 3");
  const hook = join(scratch, `hook-${label}.sh`);
  const trace = `${hook}.ran`;
  writeFileSync(hook, `#!/bin/sh\ntouch "${trace}"\n`);
  chmodSync(hook, 0o755);
  const program = startRunner(config, { ACTIONS_RUNNER_HOOK_JOB_COMPLETED: hook });
  assert.equal(await program.ended, 0);
  assert.equal(work.conclusion, "failure");
  assert.equal(existsSync(trace), true);
  assert.match(program.output, /Job build completed with result: Failed/);
});

test("a cancelled job is ended", async () => {
  const { label, config } = await register();
  const work = job(label, "sleep 20");
  const program = startRunner(config);
  await until(() => work.status === "in_progress");
  cancelJob(server.state, work, server.clock.now());
  assert.equal(await program.ended, 0);
  assert.equal(work.conclusion, "cancelled");
});

test("ended before its job it leaves its registration behind, offline, with its name taken", async () => {
  const { name, label, config } = await register();
  const program = startRunner(config);
  await until(() => runner(name)?.session !== undefined);
  program.send("SIGTERM");
  assert.equal(await program.ended, 0);
  assert.ok(runner(name));
  const again = { name, groupId: 1, labels: [label] } as const;
  await assert.rejects(
    jit.register(again, () => false),
    /Already exists - A runner with the name/,
  );
  const fresh = await jit.register(again, (found) => found.labels.includes(label));
  assert.notEqual(fresh.encodedJitConfig, config);
});

test("a config works for one runner at a time, and not at all once its runner is removed", async () => {
  const { name, config } = await register();
  const program = startRunner(config);
  await until(() => runner(name)?.session !== undefined);
  const second = startRunner(config);
  assert.equal(await second.ended, 0);
  assert.match(second.output, /Session Conflict error/);
  server.state.runners = server.state.runners.filter((item) => item.name !== name);
  assert.equal(await program.ended, 0);
  const third = startRunner(config);
  assert.equal(await third.ended, 0);
  assert.match(third.output, /Failed to create a session\. The runner registration has been deleted from the server/);
});

const floors = [
  [
    "2.328.0",
    /Your runner version is out of date and can no longer register with GitHub\.\nThe minimum .* is now 2\.329\.0\./,
  ],
  ["2.330.0", /An error occured: Runner version v2\.330\.0 is deprecated and cannot receive messages\./],
] as const;
for (const [version, words] of floors) {
  test(`version ${version} is too old, and run.sh ends with 0 all the same`, async () => {
    const { config } = await register();
    const program = startRunner(config, { RUNNER_SIM_VERSION: version });
    assert.equal(await program.ended, 0);
    assert.match(program.output, words);
    assert.match(program.output, /exit with terminated error, stop the service, no retry needed\./);
  });
}

test("without a config it says so", async () => {
  const program = startRunner("");
  assert.equal(await program.ended, 0);
  assert.match(program.output, /Runner is not configured\./);
});
