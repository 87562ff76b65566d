import assert from "node:assert/strict";
import { test } from "node:test";
import { addJob } from "../../../simulators/buildkite/rules.ts";
import { agentCall, buildkite, connectAgent } from "./support.ts";

const server = await buildkite();
const ask = async (method: string, path: string, body?: object, token = server.apiToken) => {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
};

test("a job goes to an agent of its queue that has all its tags; urgent ones first, then old ones", async () => {
  const now = server.clock.now();
  const plain = addJob(server.state, { queue: "tags" }, now);
  const urgent = addJob(server.state, { queue: "tags", priority: 5, rules: ["os=macos", "xcode=*"] }, now + 1);
  const wrong = await connectAgent(server, "linux", ["queue=other", "os=macos", "xcode=26"]);
  assert.deepEqual((await wrong.call("GET", "ping")).body, {});
  const half = await connectAgent(server, "half", ["queue=tags", "os=macos"]);
  assert.equal((await half.call("GET", "ping")).body.job.id, plain.id);
  const full = await connectAgent(server, "full", ["queue=tags", "os=macos", "xcode=26"]);
  assert.equal((await full.call("GET", "ping")).body.job.id, urgent.id);
});

test("a job that is handed out twice belongs to who accepts it first", async () => {
  const work = addJob(server.state, { queue: "twice" }, server.clock.now());
  const [first, second] = [
    await connectAgent(server, "a", ["queue=twice"]),
    await connectAgent(server, "b", ["queue=twice"]),
  ];
  server.faults.add({ operation: "ping", effect: "duplicated-job" });
  assert.equal((await first.call("GET", "ping")).body.job.id, work.id);
  assert.equal((await second.call("GET", "ping")).body.job.id, work.id);
  assert.equal((await second.call("PUT", `jobs/${work.id}/accept`)).status, 200);
  assert.equal((await first.call("PUT", `jobs/${work.id}/accept`)).status, 422);
});

test("a job that was not accepted is there for others when its agent goes", async () => {
  const work = addJob(server.state, { queue: "left" }, server.clock.now());
  const agent = await connectAgent(server, "leaver", ["queue=left"]);
  await agent.call("GET", "ping");
  await agent.call("POST", "disconnect");
  assert.equal(work.phase, "scheduled");
  assert.equal((await agent.call("GET", "ping")).status, 401);
});

test("a reservation that runs out and an agent that falls silent are dealt with at the next call", async () => {
  const agent = await connectAgent(server, "silent", ["queue=silent"]);
  const work = addJob(server.state, { queue: "silent" }, server.clock.now());
  await agent.call("GET", "ping");
  await agent.call("PUT", `jobs/${work.id}/accept`);
  server.clock.advance(180);
  assert.equal((await agent.call("POST", "heartbeat", {})).status, 200);
  server.clock.advance(201);
  assert.equal((await agent.call("POST", "heartbeat", {})).status, 401);
  assert.deepEqual([work.phase, work.exitStatus, work.signalReason], ["finished", -1, undefined]);
});

test("a pause ends by itself after its minutes", async () => {
  const agent = await connectAgent(server, "paused", ["queue=paused"]);
  await agent.call("POST", "pause", { note: "n", timeout_in_minutes: 2 });
  assert.equal((await agent.call("POST", "pause", {})).status, 422);
  assert.equal((await agent.call("GET", "ping")).body.action, "pause");
  server.clock.advance(120);
  assert.deepEqual((await agent.call("GET", "ping")).body, {});
});

test("a build made by the API runs, and shows when each job was ready, started and done", async () => {
  const env = { COMMAND: "make test", QUEUE: "api" };
  const path = "/v2/organizations/acme/pipelines/app/builds";
  const { body, status } = await ask("POST", path, { commit: "HEAD", branch: "main", env });
  assert.deepEqual([status, body.state, body.jobs[0].command], [201, "scheduled", "make test"]);
  const agent = await connectAgent(server, "builder", ["queue=api"]);
  const { job } = (await agent.call("GET", "ping")).body;
  await agent.call("PUT", `jobs/${job.id}/accept`);
  await agent.call("PUT", `jobs/${job.id}/start`, {}, job.token);
  server.clock.advance(30);
  await agent.call("PUT", `jobs/${job.id}/finish`, { exit_status: "1" }, job.token);
  const after = (await ask("GET", `${path}/${body.number}`)).body;
  const [done] = after.jobs;
  assert.deepEqual([after.state, done.state, done.exit_status, done.agent.name], ["failed", "failed", 1, "builder"]);
  assert.equal(Date.parse(done.finished_at) - Date.parse(done.started_at), 30_000);
  assert.ok(done.runnable_at);
  assert.equal((await ask("GET", `${path}?state=finished&branch=main`)).body[0].number, body.number);
  assert.equal((await ask("GET", `${path}?branch=none`)).body.length, 0);
});

test("cancelling a build takes its waiting job away and tells the agent of a running one", async () => {
  const path = "/v2/organizations/acme/pipelines/cancelled/builds";
  const { body } = await ask("POST", path, { commit: "HEAD", branch: "main", env: { QUEUE: "cancel" } });
  assert.equal((await ask("PUT", `${path}/${body.number}/cancel`)).body.state, "canceled");
});

test("only the right token opens each door", async () => {
  assert.equal((await ask("GET", "/v2/organizations/acme/agents", undefined, "wrong")).status, 401);
  assert.equal((await ask("GET", "/v2/organizations/other/agents")).status, 404);
  assert.equal((await agentCall(server, server.apiToken, "GET", "metrics")).status, 401);
  assert.equal((await ask("GET", "/nowhere")).status, 404);
});

test("each REST answer tells how many calls are left", async () => {
  const { headers } = await ask("GET", "/v2/organizations/acme/agents");
  assert.equal(headers.get("ratelimit-limit"), "200");
  assert.ok(Number(headers.get("ratelimit-remaining")) < 200);
});

test("from another process: make, unblock and cancel jobs, pause queues, lose agents, plan faults, move the clock", async () => {
  const { body: made } = await ask("POST", "/_sim/jobs", { queue: "sim", waiting: true });
  const state = async () => (await ask("GET", "/_sim/state")).body;
  const work = server.state.jobs.find((item) => item.id === made.id);
  await ask("POST", `/_sim/jobs/${made.id}/unblock`);
  assert.equal(work?.phase, "scheduled");
  await ask("PUT", "/_sim/queues/sim", { dispatchPaused: true });
  const agent = await connectAgent(server, "sim", ["queue=sim"]);
  assert.deepEqual((await agent.call("GET", "ping")).body, {});
  await ask("POST", `/_sim/jobs/${made.id}/cancel`);
  assert.equal(work?.phase, "canceled");
  await ask("POST", `/_sim/agents/${agent.id}/lose`);
  await ask("POST", "/_sim/faults", { operation: "*", effect: "server-error" });
  assert.equal((await agent.call("GET", "ping")).status, 500);
  const before = server.clock.now();
  await ask("POST", "/_sim/clock", { advanceSeconds: 5 });
  assert.equal(server.clock.now() - before, 5000);
  const seen = await state();
  assert.equal(JSON.stringify(seen).includes(server.agentToken), false);
  assert.equal(seen.agents.find((item: { id: string }) => item.id === agent.id).connection, "lost");
  assert.equal((await ask("POST", "/_sim/jobs", { quue: "typo" })).status, 422);
});
