import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, test } from "node:test";
import { buildkiteRunners } from "../../../controllers/pool/buildkite-runners.ts";
import { githubPoolRunners } from "../../../controllers/pool/github-runners.ts";
import { buildkiteAgents } from "../../../drivers/buildkite/agents.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { githubJit } from "../../../drivers/github/jit.ts";
import { githubRunners } from "../../../drivers/github/runners.ts";
import { startBuildkite } from "../../../simulators/buildkite/server.ts";
import { addJob, assign } from "../../../simulators/github/rules.ts";
import { startAgent } from "../../simulators/buildkite/agent.ts";
import { github } from "../../simulators/github/support.ts";

const instanceId = "i-0123456789abcdef0";
const { signal } = new AbortController();

test("an agent is seen, drained and gone, through Buildkite's API", async () => {
  const server = await startBuildkite();
  after(() => server.close());
  const access = { url: server.restUrl, organization: server.state.organization, apiToken: server.apiToken };
  const runners = buildkiteRunners(buildkiteAgents(access));
  const look = async () => (await runners.look([instanceId], signal)).get(instanceId);
  deepEqual(await look(), { state: "absent" });
  const agent = startAgent(server, { name: `mac-1-${instanceId}` });
  const stranger = startAgent(server, { name: "mac-2-i-0fedcba9876543210" });
  await Promise.all([agent.says(/Waiting for instructions/), stranger.says(/Waiting for instructions/)]);
  deepEqual(await look(), { state: "registered", busy: false, accepting: true, jobsFinished: 0, jobMark: "" });
  await runners.drain(instanceId, signal);
  equal(await agent.ended, 0);
  deepEqual(await look(), { state: "absent" });
  equal((await runners.look(["i-0fedcba9876543210"], signal)).get("i-0fedcba9876543210")?.state, "registered");
  await runners.drain(instanceId, signal);
  stranger.send("SIGTERM");
  await stranger.ended;
});

test("a runner is seen while it is connected, and deregistered once it is idle, through GitHub's API", async () => {
  const server = await github();
  const access = { url: server.url, organization: "acme", token: server.token };
  const request = { name: `mac-1-${instanceId}`, groupId: 1, labels: ["macos"] } as const;
  await githubJit(access).register(request, () => true);
  const runners = githubPoolRunners(githubRunners(access));
  const look = async () => (await runners.look([instanceId], signal)).get(instanceId);
  deepEqual(await look(), { state: "absent" }, "not connected yet");
  const [state] = server.state.runners;
  if (!state) throw new Error("no runner");
  state.session = { lastSeenAt: server.clock.now() };
  const job = addJob(server.state, { labels: ["macos"] }, server.clock.now());
  assign(job, state, server.clock.now());
  deepEqual(await look(), { state: "registered", busy: true, accepting: true, jobMark: request.name });
  await rejects(runners.drain(instanceId, signal), (error) => isFailure(error, "in-use"));
  state.jobId = undefined;
  await runners.drain(instanceId, signal);
  deepEqual(server.state.runners, []);
});
