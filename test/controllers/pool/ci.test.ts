import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, test } from "node:test";
import { buildkiteRunners } from "../../../controllers/pool/buildkite-runners.ts";
import { openCi } from "../../../controllers/pool/ci.ts";
import { githubPoolRunners } from "../../../controllers/pool/github-runners.ts";
import { buildkiteAgents } from "../../../drivers/buildkite/agents.ts";
import { isFailure } from "../../../drivers/errors.ts";
import { githubJit } from "../../../drivers/github/jit.ts";
import { githubRunners } from "../../../drivers/github/runners.ts";
import { addJob as addBuildkiteJob } from "../../../simulators/buildkite/rules.ts";
import { startBuildkite } from "../../../simulators/buildkite/server.ts";
import { addJob, assign, type WorkflowJobRequest } from "../../../simulators/github/rules.ts";
import { startAgent } from "../../simulators/buildkite/agent.ts";
import { github } from "../../simulators/github/support.ts";

const instanceId = "i-0123456789abcdef0";
const owner = { poolId: "fleet/macs", setUpLimitSeconds: 2400 };
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
  await runners.drain({ instanceId, hostName: "mac-1" }, signal);
  equal(await agent.ended, 0);
  deepEqual(await look(), { state: "absent" });
  equal((await runners.look(["i-0fedcba9876543210"], signal)).get("i-0fedcba9876543210")?.state, "registered");
  await runners.drain({ instanceId, hostName: "mac-1" }, signal);
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
  await rejects(runners.drain({ instanceId, hostName: "mac-1" }, signal), (error) => isFailure(error, "in-use"));
  state.jobId = undefined;
  await runners.drain({ instanceId, hostName: "mac-1" }, signal);
  deepEqual(server.state.runners, []);
});

test("an agent token lives as long as a set-up may take, and somewhat longer", async () => {
  const server = await startBuildkite();
  after(() => server.close());
  const { organization, clusterId: cluster } = server.state;
  const place = { ci: "buildkite", organization, cluster, queue: "macs", url: server.restUrl } as const;
  const now = () => Math.floor(server.clock.now() / 1000);
  const { issuer } = openCi(place, { ...owner, setUpLimitSeconds: 4 * 3600 }, server.apiToken, now);
  const from = now();
  await issuer.issue({ instanceId, hostName: "mac-1" }, signal);
  const lifeSeconds = (server.state.clusterTokens[0]?.expiresAt ?? 0) / 1000 - from;
  ok(lifeSeconds > 4 * 3600 && lifeSeconds < 5 * 3600, `${lifeSeconds} s`);
});

test("a configuration that a Mac has lost goes with the next one, and no other", async () => {
  const server = await github();
  const now = () => Math.floor(server.clock.now() / 1000);
  const start = now();
  const group = { name: "macs", visibility: "private", allowsPublicRepositories: false, isDefault: false } as const;
  server.state.groups.push({ ...group, id: 7, repositoryIds: [] });
  const place = { ci: "github", owner: "acme", runnerGroup: "macs", labels: ["macOS"], url: server.url } as const;
  const { issuer } = openCi({ ...place, labels: ["macOS"] }, owner, server.token, now);
  const issueAfter = async (minutes: number, hostName = "mac-1", id = instanceId) => {
    server.clock.advance(minutes * 60);
    await issuer.issue({ hostName, instanceId: id }, signal);
  };
  const madeAt = (minute: number) => `mac-1-${instanceId}-${start + minute * 60}`;
  const stranger = "i-0fedcba9876543210";
  await issueAfter(0, "mac-2", stranger);
  await issueAfter(0);
  await issueAfter(5);
  const online = server.state.runners.find(({ name }) => name === madeAt(5));
  await issueAfter(6);
  if (online) online.session = { lastSeenAt: server.clock.now() + 600_000 };
  await issueAfter(9);
  deepEqual(server.state.runners.map(({ name }) => name).toSorted(), [
    madeAt(5),
    madeAt(11),
    madeAt(20),
    `mac-2-${stranger}-${start}`,
  ]);
});

test("the jobs of a queue that wait are counted with a token that is gone afterwards", async () => {
  const server = await startBuildkite();
  after(() => server.close());
  const { organization, clusterId: cluster } = server.state;
  const place = {
    ci: "buildkite",
    organization,
    cluster,
    queue: "macs",
    url: server.restUrl,
    agentUrl: server.agentApiUrl,
  } as const;
  const { jobs } = openCi(place, owner, server.apiToken, () => server.clock.now() / 1000);
  await rejects(jobs.count(signal), (error) => isFailure(error, "not-found"), "no such queue is not an empty one");
  const request = { queue: "macs" };
  for (const more of [{}, {}, { waiting: true }, { queue: "others" }])
    addBuildkiteJob(server.state, { ...request, ...more }, server.clock.now());
  equal(await jobs.count(signal), 2);
  server.faults.add({ operation: "metrics.queue", effect: "forbidden" });
  await rejects(jobs.count(signal), (error) => isFailure(error, "access-denied"));
  deepEqual(server.state.clusterTokens, []);
});

test("the jobs that wait for runners with these labels are counted over a group's repositories", async () => {
  const server = await github();
  const labels: [string, ...string[]] = ["self-hosted", "macOS", "ARM64"];
  const place = { ci: "github", owner: "acme", runnerGroup: "macs", labels, url: server.url } as const;
  const { jobs } = openCi({ ...place, labels }, owner, server.token, () => server.clock.now() / 1000);
  await rejects(jobs.count(signal), /no runner group macs/);
  server.state.repositories.push({ id: 1, fullName: "acme/app" }, { id: 2, fullName: "acme/other" });
  const group = { name: "macs", visibility: "selected", allowsPublicRepositories: false, isDefault: false } as const;
  server.state.groups.push({ ...group, id: 7, repositoryIds: [1] });
  equal(await jobs.count(signal), 0);
  const add = (request: Partial<WorkflowJobRequest>) =>
    addJob(server.state, { repository: "acme/app", labels: ["self-hosted", "macos"], ...request }, server.clock.now());
  const running = add({});
  running.status = "in_progress";
  running.runnerId = 1;
  server.state.runners.push({ ...nobody, id: 1, jobId: running.id, session: { lastSeenAt: server.clock.now() } });
  add({ runId: running.runId });
  add({});
  add({ labels: ["self-hosted", "linux"] });
  add({ repository: "acme/other" });
  equal(await jobs.count(signal), 2);
});

const nobody = { name: "mac-1", groupId: 7, labels: [], os: "macos", workFolder: "_work", secret: "" };
