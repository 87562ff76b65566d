import assert from "node:assert/strict";
import { test } from "node:test";
import { buildkiteAgents } from "../../../drivers/buildkite/agents.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { addJob } from "../../../simulators/buildkite/rules.ts";
import { buildkite, connectAgent } from "../../simulators/buildkite/support.ts";

const server = await buildkite();
const agents = buildkiteAgents({ url: server.restUrl, organization: "acme", apiToken: server.apiToken });

async function working(name: string) {
  const agent = await connectAgent(server, name);
  const job = addJob(server.state, {}, server.clock.now());
  await agent.call("GET", "ping");
  await agent.call("PUT", `jobs/${job.id}/accept`);
  await agent.call("PUT", `jobs/${job.id}/start`, {}, job.token);
  return { agent, job };
}

test("lists all pages of connected agents, each once, and finds by name, host and queue", async () => {
  const many = await buildkite();
  const list = buildkiteAgents({ url: many.restUrl, organization: "acme", apiToken: many.apiToken });
  for (let i = 0; i < 103; i += 1)
    await connectAgent(many, `mac-${i}`, [`queue=${i < 3 ? "intel" : "arm"}`, "os=macos"]);
  assert.equal((await list.list()).length, 103);
  const [found] = await list.list({ name: "mac-7" });
  assert.deepEqual([found?.hostname, found?.tags], ["mac-7.local", ["queue=arm", "os=macos"]]);
  assert.equal((await list.list({ hostname: "nope" })).length, 0);
  const queueId = many.state.queues.find((queue) => queue.key === "intel")?.id ?? "";
  assert.equal((await list.list({ queueId })).length, 3);
});

test("an agent is known after it left; one that never was is not", async () => {
  const agent = await connectAgent(server, "leaver");
  await agent.call("POST", "disconnect");
  assert.equal((await agents.get(agent.id))?.state, "disconnected");
  assert.deepEqual(await agents.list({ name: "leaver" }), []);
  assert.equal(await agents.get("nope"), undefined);
});

test("a graceful stop leaves the job alone, a forced one cancels it", async () => {
  const { agent, job } = await working("drained");
  await agents.stop(agent.id, { force: false });
  assert.equal(job.phase, "running");
  assert.equal((await agents.get(agent.id))?.state, "stopping");
  assert.deepEqual((await agent.call("GET", "ping")).body, { action: "disconnect" });

  const other = await working("forced");
  await agents.stop(other.agent.id, { force: true });
  assert.equal(other.job.phase, "canceling");
});

test("stopping what has stopped succeeds; forcing an agent that is already stopping does not pretend to", async () => {
  const { agent } = await working("twice");
  await agents.stop(agent.id, { force: false });
  await agents.stop(agent.id, { force: false });
  await assert.rejects(agents.stop(agent.id, { force: true }), /Can only stop connected agents/);
  await agent.call("POST", "disconnect");
  await agents.stop(agent.id, { force: true });
  await agents.stop("gone-for-long", { force: true });
});

test("a paused agent says why and gets no job until it is resumed", async () => {
  const agent = await connectAgent(server, "suspect", ["queue=paused"]);
  await agents.pause(agent.id, { note: "wipe failed", timeoutMinutes: 60 });
  addJob(server.state, { queue: "paused" }, server.clock.now());
  const seen = await agents.get(agent.id);
  assert.deepEqual([seen?.paused, seen?.pausedNote], [true, "wipe failed"]);
  assert.equal((await agent.call("GET", "ping")).body.action, "pause");
  await agents.resume(agent.id);
  assert.ok((await agent.call("GET", "ping")).body.job);
});

test("after 200 calls a minute the organization has to wait", async () => {
  const full = await buildkite();
  const list = buildkiteAgents({ url: full.restUrl, organization: "acme", apiToken: full.apiToken });
  for (let i = 0; i < 200; i += 1) await list.get("x");
  await assert.rejects(list.list(), (error) => isFailure(error, "rate-limited"));
  full.clock.advance(60);
  assert.deepEqual(await list.list(), []);
});
