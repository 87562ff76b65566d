import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { isFailure } from "../../../drivers/errors.ts";
import { githubJit } from "../../../drivers/github/jit.ts";
import { githubRunnerGroups } from "../../../drivers/github/runner-groups.ts";
import { githubRunners } from "../../../drivers/github/runners.ts";
import { addJob, assign } from "../../../simulators/github/rules.ts";
import { github } from "../../simulators/github/support.ts";

const server = await github();
const access = { url: server.url, organization: "acme", token: server.token };
const runners = githubRunners(access);
const jit = githubJit(access);
const groups = githubRunnerGroups(access);
const ours = () => true;
const register = (name: string, groupId = 1) => jit.register({ name, groupId, labels: ["fleet-1", "macos"] }, ours);
const stateOf = (name: string) => server.state.runners.find((runner) => runner.name === name);

test("a registered runner is offline, idle, and found by its name and id", async () => {
  const { runner, encodedJitConfig } = await register("mac-1");
  assert.deepEqual([runner.online, runner.busy, runner.labels], [false, false, ["fleet-1", "macos"]]);
  assert.ok(Buffer.from(encodedJitConfig, "base64").toString().includes(".credentials"));
  assert.deepEqual(await runners.list({ name: "mac-1" }), [runner]);
  assert.deepEqual(await runners.get(runner.id), runner);
  assert.equal(await runners.get(999_999), undefined);
});

test("lists all pages, each runner once", async () => {
  const many = await github();
  const list = githubRunners({ ...access, url: many.url, token: many.token });
  for (let i = 0; i < 230; i += 1) {
    many.state.runners.push({ id: i, name: `m-${i}`, groupId: 1, labels: [], os: "", workFolder: "", secret: "" });
  }
  assert.equal((await list.list()).length, 230);
});

test("removing a runner twice succeeds; one that runs a job stays", async () => {
  const { runner } = await register("mac-2");
  await runners.remove(runner.id);
  await runners.remove(runner.id);
  const busy = (await register("busy")).runner;
  const state = stateOf("busy");
  if (state) assign(addJob(server.state, { labels: ["x"] }, server.clock.now()), state, server.clock.now());
  if (state) state.session = { lastSeenAt: server.clock.now() };
  await assert.rejects(runners.remove(busy.id), (error) => isFailure(error, "in-use"));
});

test("a name that our own dead runner holds is freed, whatever its case", async () => {
  const first = await register("Mac-3");
  const second = await register("Mac-3");
  assert.notEqual(second.runner.id, first.runner.id);
  assert.equal(await runners.get(first.runner.id), undefined);
});

test("a name that somebody else holds is left alone", async () => {
  const { runner } = await register("theirs");
  const request = { name: "theirs", groupId: 1, labels: ["fleet-1"] } as const;
  await assert.rejects(
    jit.register(request, () => false),
    (error) => isFailure(error, "not-ours"),
  );
  assert.ok(await runners.get(runner.id));
});

test("a name whose runner is online is in use", async () => {
  await register("online");
  const state = stateOf("online");
  if (state) state.session = { lastSeenAt: server.clock.now() };
  await assert.rejects(register("online"), (error) => isFailure(error, "in-use"));
});

test("a registration whose answer got lost is made good by the next try", async () => {
  server.faults.add({ operation: "runners.jit", effect: "answer-lost" });
  await assert.rejects(register("mac-4"), (error) => isFailure(error, "unreachable"));
  const { runner } = await register("mac-4");
  assert.equal((await runners.list({ name: "mac-4" })).length, 1);
  assert.ok(runner.id);
});

test("a registration token comes with its time", async () => {
  const { token, expiresAt } = await runners.registrationToken();
  assert.ok(token.length > 10);
  assert.equal(Date.parse(expiresAt) - server.clock.now(), 3_600_000);
});

test("a group is made once, closed to public repositories, and found again", async () => {
  const made = await groups.ensure({ name: "macs", repositoryIds: [7] });
  assert.deepEqual([made.visibility, made.allowsPublicRepositories, made.isDefault], ["selected", false, false]);
  assert.deepEqual(await groups.ensure({ name: "Macs" }), made);
  assert.deepEqual(await groups.find("macs"), made);
  assert.deepEqual(
    (await groups.list()).map(({ name }) => name),
    ["Default", "macs"],
  );
  const { runner } = await register("grouped", made.id);
  assert.deepEqual(await groups.runners(made.id), [runner]);
  assert.equal(runner.groupId, undefined);
});

test("a name that GitHub does not take is a wrong argument, not a group", async () => {
  await assert.rejects(groups.ensure({ name: "n".repeat(65) }), (error) => isFailure(error, "invalid-argument"));
});

const faults = [
  ["unauthorized", "access-denied"],
  ["forbidden", "access-denied"],
  ["server-error", "failed"],
] as const;
for (const [effect, kind] of faults) {
  test(`${effect} is ${kind}, and no failure shows the token`, async () => {
    server.faults.add({ operation: "runners.delete", effect });
    const failure = await runners.remove(1).catch((error) => error);
    assert.ok(isFailure(failure, kind));
    assert.equal(inspect(failure, { depth: 9 }).includes(server.token), false);
  });
}

test("a rate limit that is longer than the call may take is said", async () => {
  server.faults.add({ operation: "runners.list", effect: "rate-limited", retryAfterSeconds: 120 });
  await assert.rejects(runners.list(), (error) => isFailure(error, "rate-limited") && /in 120 s/.test(error.message));
});

test("a call that is aborted or slow ends", async () => {
  server.faults.add({ operation: "runners.list", effect: "slow", delayMs: 300, times: 2 });
  await assert.rejects(runners.list({}, { signal: AbortSignal.abort() }), (error) => isFailure(error, "aborted"));
  await assert.rejects(runners.list({}, { timeoutSeconds: 0.05 }), (error) => isFailure(error, "timeout"));
});
