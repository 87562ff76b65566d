import assert from "node:assert/strict";
import { test } from "node:test";
import { buildkiteStack } from "../../../drivers/buildkite/stacks.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { addJob } from "../../../simulators/buildkite/rules.ts";
import { buildkite, connectAgent } from "../../simulators/buildkite/support.ts";

const server = await buildkite({ stackLimit: 2 });
const access = { url: server.agentApiUrl, agentToken: server.agentToken };
const stack = buildkiteStack(access, "mac-fleet");
await stack.register({ queueKey: "__default__" });
const job = (queue: string, more: object = {}) => addJob(server.state, { queue, ...more }, server.clock.now());
/** The limits count simulated seconds. */
const nextSecond = () => server.clock.advance(1);

test("registering again is the same stack; one too many is a matter of quota", async () => {
  await stack.register({ queueKey: "macos", metadata: { version: "1" } });
  await buildkiteStack(access, "second").register({ queueKey: "macos" });
  const third = buildkiteStack(access, "third");
  await assert.rejects(third.register({ queueKey: "macos" }), (error) => isFailure(error, "quota-exceeded"));
  await buildkiteStack(access, "second").deregister();
  await third.register({ queueKey: "macos" });
  await third.deregister();
  await third.deregister();
});

test("a key that Buildkite would turn down is turned down before", () => {
  for (const key of ["", "no spaces", "k".repeat(81)]) {
    assert.throws(
      () => buildkiteStack(access, key),
      (error) => isFailure(error, "invalid-argument"),
    );
  }
});

test("what waits in a queue comes oldest first, in pages, each job once", async () => {
  const ids = [1, 2, 3].map((n) => {
    nextSecond();
    return job("paged", { rules: [`xcode=${n}`], priority: n }).id;
  });
  const first = await stack.scheduledJobs("paged", { limit: 2 });
  assert.deepEqual(
    first.jobs.map(({ id }) => id),
    ids.slice(0, 2),
  );
  assert.deepEqual(first.jobs[0]?.agentQueryRules, ["queue=paged", "xcode=1"]);
  const rest = await stack.scheduledJobs("paged", { limit: 2, after: first.nextCursor ?? "" });
  assert.deepEqual([rest.jobs.map(({ id }) => id), rest.nextCursor], [ids.slice(2), undefined]);
  server.faults.add({ operation: "stack.scheduled-jobs", effect: "duplicated-job" });
  assert.equal((await stack.scheduledJobs("paged")).jobs.length, 3);
});

test("a paused queue says so", async () => {
  job("frozen");
  const queue = server.state.queues.find((item) => item.key === "frozen");
  if (queue) queue.dispatchPaused = true;
  nextSecond();
  assert.equal((await stack.scheduledJobs("frozen")).dispatchPaused, true);
});

test("a reserved job is nobody else's until the reservation ends, and can be kept longer", async () => {
  const { id } = job("kept");
  const agent = await connectAgent(server, "bystander", ["queue=kept"]);
  nextSecond();
  assert.deepEqual(await stack.reserve([id, "unknown"], 600), { reserved: [id], notReserved: ["unknown"] });
  assert.deepEqual((await stack.scheduledJobs("kept")).jobs, []);
  assert.deepEqual((await agent.call("GET", "ping")).body, {});
  const other = buildkiteStack(access, "rival");
  await other.register({ queueKey: "kept" });
  assert.deepEqual((await other.reserve([id], 600)).reserved, []);
  server.clock.advance(599);
  await stack.reserve([id], 100_000);
  server.clock.advance(3599);
  assert.equal((await stack.states([id])).get(id), "reserved");
  server.clock.advance(2);
  assert.equal((await stack.scheduledJobs("kept")).jobs.length, 1);
});

test("lists longer than a request may be are sent in pieces", async () => {
  nextSecond();
  const ids = Array.from({ length: 1500 }, (_, i) => `nobody-${i}`);
  assert.equal((await stack.reserve(ids, 60)).notReserved.length, 1500);
  assert.equal((await stack.states(ids)).size, 0);
});

test("a job that no Mac can run is finished with the reason, once", async () => {
  const { id } = job("impossible", { command: "make", env: { CI: "1" } });
  const { env, command } = (await stack.job(id)) ?? { env: {}, command: "" };
  assert.deepEqual([env.CI, command], ["1", "make"]);
  await stack.finish(id, { exitStatus: -1, detail: `no Mac has xcode=99 ${"…".repeat(3000)}` });
  const finished = server.state.jobs.find((item) => item.id === id);
  assert.deepEqual([finished?.exitStatus, finished?.signalReason], [-1, "stack_error"]);
  await assert.rejects(stack.finish(id, { exitStatus: -1, detail: "again" }), (e) => isFailure(e, "invalid-argument"));
  assert.equal(await stack.job("unknown"), undefined);
});

test("notifications are cut to size; what is turned down comes back by job", async () => {
  const { id, notifications } = job("told");
  const problems = await stack.notify([
    { jobId: id, detail: `Mac boots ${"x".repeat(400)}` },
    { jobId: "unknown", detail: "hello" },
    { jobId: id, detail: "" },
  ]);
  assert.equal(notifications[0]?.detail.length, 256);
  assert.deepEqual(problems, [
    { reason: "job not found", jobIds: ["unknown"] },
    { reason: "detail is required", jobIds: [id] },
  ]);
});

test("more than ten looks a second are a rate limit with its time", async () => {
  nextSecond();
  for (let i = 0; i < 10; i += 1) await stack.scheduledJobs("default");
  const eleventh = stack.scheduledJobs("default", {}, { timeoutSeconds: 0.5 });
  await assert.rejects(
    eleventh,
    (error) => isFailure(error, "rate-limited") && /list-scheduled|1 seconds/.test(error.message),
  );
});

const faults = [
  ["unauthorized", "access-denied"],
  ["forbidden", "access-denied"],
  ["server-error", "failed"],
  ["answer-lost", "unreachable"],
] as const;
for (const [effect, kind] of faults) {
  test(`a reservation met by ${effect} is ${kind}, and is not tried twice`, async () => {
    nextSecond();
    server.faults.add({ operation: "stack.reserve", effect });
    const { id } = job(`fault-${effect}`);
    await assert.rejects(stack.reserve([id], 60), (error) => isFailure(error, kind));
    assert.equal((await stack.states([id])).get(id), effect === "answer-lost" ? "reserved" : "scheduled");
  });
}
