import assert from "node:assert/strict";
import { test } from "node:test";
import { addJob } from "../../../simulators/github/rules.ts";
import { github } from "./support.ts";

const server = await github();
async function ask(method: string, path: string, body?: object, token = server.token) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}
const jit = (body: object) => ask("POST", "/orgs/acme/actions/runners/generate-jitconfig", body);

/** Registers and connects a runner that a test plays by hand. */
async function connect(name: string, labels: string[]) {
  await jit({ name, runner_group_id: 1, labels });
  const secret = server.state.runners.find((runner) => runner.name === name)?.secret ?? "";
  await ask("POST", "/_runner/session", { version: "2.337.0", os: "macos" }, secret);
  return (method: string, path: string, body?: object) => ask(method, `/_runner${path}`, body, secret);
}

const refusals: [name: string, body: object, status: number, words: RegExp][] = [
  ["no group", { name: "x", labels: ["a"] }, 422, /missing required key: runner_group_id/],
  ["an unknown group", { name: "x", labels: ["a"], runner_group_id: 999 }, 404, /Not Found/],
  ["no labels", { name: "x", labels: [], runner_group_id: 1 }, 422, /labels/],
];
for (const [name, body, status, words] of refusals) {
  test(`a JIT config with ${name} is ${status}`, async () => {
    const answer = await jit(body);
    assert.equal(answer.status, status);
    assert.match(answer.body.message, words);
  });
}

test("a job waits for a runner with all its labels; what is about the runner is null until then", async () => {
  const work = addJob(server.state, { labels: ["macOS", "xcode-26"] }, server.clock.now());
  const show = async () => (await ask("GET", `/repos/acme/app/actions/jobs/${work.id}`)).body;
  const half = await connect("half", ["macos"]);
  assert.equal((await half("GET", "/message?runnerVersion=2.337.0")).status, 202);
  assert.deepEqual([(await show()).status, (await show()).runner_name], ["queued", null]);
  const full = await connect("full", ["MACOS", "xcode-26"]);
  assert.equal((await full("GET", "/message?runnerVersion=2.337.0")).body.id, work.id);
  assert.deepEqual([(await show()).status, (await show()).runner_name], ["in_progress", "full"]);
  await full("POST", `/jobs/${work.id}/finish`, { conclusion: "success", log: "" });
  assert.deepEqual([(await show()).conclusion, (await show()).runner_group_name], ["success", null]);
});

test("a job that is handed out twice belongs to who begins it first", async () => {
  const work = addJob(server.state, { labels: ["twice"] }, server.clock.now());
  const [first, second] = [await connect("t1", ["twice"]), await connect("t2", ["twice"])];
  server.faults.add({ operation: "message", effect: "duplicated-job" });
  assert.equal((await first("GET", "/message?runnerVersion=3.0.0")).body.id, work.id);
  assert.equal((await second("GET", "/message?runnerVersion=3.0.0")).body.id, work.id);
  assert.equal((await first("POST", `/jobs/${work.id}/renew`)).status, 409);
  assert.equal((await second("POST", `/jobs/${work.id}/renew`)).status, 200);
});

test("a runner that falls silent is offline after a minute, and its job fails", async () => {
  const work = addJob(server.state, { labels: ["silent"] }, server.clock.now());
  const silent = await connect("silent", ["silent"]);
  await silent("GET", "/message?runnerVersion=3.0.0");
  server.clock.advance(61);
  assert.equal((await ask("GET", `/repos/acme/app/actions/jobs/${work.id}`)).body.conclusion, "failure");
  assert.match(work.log, /lost communication with the server/);
});

test("only the right token opens the door, and another organization is not there", async () => {
  assert.deepEqual(
    (await ask("GET", "/orgs/acme/actions/runners", undefined, "wrong")).body.message,
    "Bad credentials",
  );
  assert.equal((await ask("GET", "/orgs/other/actions/runners")).status, 404);
});

test("from another process: make and cancel jobs, plan faults, move the clock", async () => {
  const { body } = await ask("POST", "/_sim/jobs", { labels: ["far"], command: "true", name: "far" });
  await ask("POST", `/_sim/jobs/${body.id}/cancel`);
  await ask("POST", "/_sim/faults", { operation: "runners.list", effect: "forbidden" });
  assert.equal((await ask("GET", "/orgs/acme/actions/runners")).status, 403);
  const before = server.clock.now();
  await ask("POST", "/_sim/clock", { advanceSeconds: 3 });
  assert.equal(server.clock.now() - before, 3000);
  const { body: state } = await ask("GET", "/_sim/state");
  assert.equal(state.jobs.find((job: { id: number }) => job.id === body.id).conclusion, "cancelled");
  assert.equal(JSON.stringify(state).includes("secret"), false);
});
