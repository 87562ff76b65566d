import assert from "node:assert/strict";
import { test } from "node:test";
import { buildkiteMetrics } from "../../../drivers/buildkite/metrics.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { addJob } from "../../../simulators/buildkite/rules.ts";
import { buildkite, connectAgent } from "../../simulators/buildkite/support.ts";

const server = await buildkite({ metricsPollSeconds: 13 });
const access = { url: server.agentApiUrl, agentToken: server.agentToken };
const metrics = buildkiteMetrics(access);
const busy = await connectAgent(server, "mac-1", ["queue=macos-15"]);
await connectAgent(server, "mac-2", ["queue=macos-15"]);
addJob(server.state, { queue: "macos-15" }, server.clock.now());
const { job } = (await busy.call("GET", "ping")).body;
await busy.call("PUT", `jobs/${job.id}/accept`);
addJob(server.state, { queue: "macos-15" }, server.clock.now());
addJob(server.state, { queue: "xcode-26", waiting: true }, server.clock.now());

test("one queue: what its agents and jobs do, and when to look again", async () => {
  const { agents, jobs, organization, cluster, pollAfterSeconds } = await metrics.queue("macos-15");
  assert.deepEqual(agents, { idle: 1, busy: 1, total: 2 });
  assert.deepEqual(jobs, { scheduled: 1, running: 1, waiting: 0, total: 2 });
  assert.deepEqual([organization, cluster, pollAfterSeconds], ["acme", "macs", 13]);
});

test("all queues, also those without agents", async () => {
  const all = await metrics.all();
  assert.deepEqual(all.jobs, { scheduled: 1, running: 1, waiting: 1, total: 3 });
  assert.deepEqual(all.queues.get("xcode-26")?.agents, { idle: 0, busy: 0, total: 0 });
  assert.deepEqual(all.queues.get("macos-15")?.agents, { idle: 1, busy: 1, total: 2 });
});

test("a queue that does not exist is not a queue without jobs", async () => {
  await assert.rejects(metrics.queue("nope"), (error) => isFailure(error, "not-found"));
});

test("a wrong token is access denied; a lost answer is asked for again", async () => {
  const wrong = buildkiteMetrics({ ...access, agentToken: "wrong" });
  await assert.rejects(
    wrong.all(),
    (error) => isFailure(error, "access-denied") && /registration token/.test(error.message),
  );
  server.faults.add({ operation: "metrics", effect: "answer-lost" });
  assert.equal((await metrics.all()).jobs.total, 3);
});

test("a slow answer is a timeout, not an empty queue", async () => {
  server.faults.add({ operation: "metrics", effect: "slow", delayMs: 400 });
  await assert.rejects(metrics.all({ timeoutSeconds: 0.05 }), (error) => isFailure(error, "timeout"));
});
