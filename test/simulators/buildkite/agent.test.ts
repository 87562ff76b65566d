import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { buildkiteAgents } from "../../../drivers/buildkite/agents.ts";
import { buildkiteMetrics } from "../../../drivers/buildkite/metrics.ts";
import { addJob } from "../../../simulators/buildkite/rules.ts";
import type { Buildkite } from "../../../simulators/buildkite/server.ts";
import { until } from "../../support/until.ts";
import { startAgent } from "./agent.ts";
import { buildkite } from "./support.ts";

// At the pace of `startAgent`, a ping every 10 ms.
const server = await buildkite({ pingIntervalSeconds: 2 });
const agents = buildkiteAgents({ url: server.restUrl, organization: "acme", apiToken: server.apiToken });
const folder = mkdtempSync(join(tmpdir(), "bk-jobs-"));
after(() => rmSync(folder, { recursive: true }));
let queues = 0;
/** Each test has a queue of its own, so that no other agent takes its jobs. */
const newQueue = () => `q${++queues}`;
const job = (queue: string, command: string, more: object = {}) =>
  addJob(server.state, { queue, command, ...more }, server.clock.now());
const agentIn = (queue: string) => server.state.agents.find((agent) => agent.tags.includes(`queue=${queue}`));
const metrics = ({ agentApiUrl: url, agentToken }: Buildkite) => buildkiteMetrics({ url, agentToken });
/** What a job does to tell that it has come so far; its log is known only at its end. */
function telling() {
  const file = join(folder, `told-${++queues}`);
  return { tell: `: > '${file}'`, isTold: () => existsSync(file) };
}
/** Works until it is told to go on; it ends by itself when nobody does. */
const longJob = "sleep 20";

describe("the simulated buildkite-agent", { concurrency: 4 }, () => {
  test("runs a job with its environment, then goes after it with 0", async () => {
    const queue = newQueue();
    const work = job(
      queue,
      'echo "$GREETING $BUILDKITE_AGENT_META_DATA_XCODE"; env | grep -c "^BUILDKITE_AGENT_TOKEN=" || :',
      {
        env: { GREETING: "hi" },
        rules: ["xcode=26"],
      },
    );
    const settings = { tags: `xcode=26,queue=${queue}`, "disconnect-after-job": true };
    const agent = startAgent(server, settings, { BUILDKITE_AGENT_TOKEN: server.agentToken });
    assert.equal(await agent.ended, 0);
    assert.deepEqual([work.phase, work.exitStatus, work.log], ["finished", 0, "hi 26\n0\n"]);
    assert.equal(agentIn(queue)?.connection, "disconnected");
    assert.match(agent.log, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d NOTICE Starting buildkite-agent v3\.\S+ with PID: \d+$/m);
    assert.match(
      agent.log,
      new RegExp(`INFO   Successfully registered agent "mac-\\d+" with tags \\[xcode=26, queue=${queue}\\]`),
    );
    assert.match(agent.log, /INFO {3}mac-\d+ Assigned job \S+\. Accepting\.\.\./);
    assert.match(agent.log, /Job ran, and disconnect-after-job is enabled\. Disconnecting\.\.\./);
  });

  test("a failed job is not a failed agent", async () => {
    const queue = newQueue();
    const work = job(queue, "exit 7");
    const agent = startAgent(server, { queue, "disconnect-after-job": true });
    assert.equal(await agent.ended, 0);
    assert.equal(work.exitStatus, 7);
  });

  test("the first SIGTERM lets the job finish, then the agent goes with 0", async () => {
    const queue = newQueue();
    const work = job(queue, "sleep 0.2; echo done");
    const agent = startAgent(server, { queue });
    await agent.says(/Starting job/);
    agent.send("SIGTERM");
    assert.equal(await agent.ended, 0);
    assert.deepEqual([work.exitStatus, work.log], [0, "done\n"]);
  });

  test("the second SIGTERM cancels the job", async () => {
    const queue = newQueue();
    const work = job(queue, longJob);
    const agent = startAgent(server, { queue, "cancel-grace-period": 10_000 });
    await agent.says(/Starting job/);
    agent.send("SIGTERM");
    await agent.says(/send again to forcefully kill/);
    agent.send("SIGTERM");
    assert.equal(await agent.ended, 0);
    assert.deepEqual([work.exitStatus, work.signalReason], [-1, "agent_stop"]);
  });

  test("the third SIGTERM ends the program at once with 1, and the job is lost", async () => {
    const own = await buildkite({ pingIntervalSeconds: 2 });
    const queue = newQueue();
    const deaf = telling();
    const work = addJob(own.state, { queue, command: `trap '' TERM; ${deaf.tell}; ${longJob}` }, own.clock.now());
    const agent = startAgent(own, { queue, "cancel-grace-period": 100_000 });
    await until(deaf.isTold);
    agent.send("SIGTERM");
    await agent.says(/send again/);
    agent.send("SIGTERM");
    await agent.says(/one more time/);
    agent.send("SIGTERM");
    assert.equal(await agent.ended, 1);
    assert.equal(work.phase, "running");
    own.clock.advance(201);
    await metrics(own).all();
    assert.deepEqual([work.exitStatus, work.signalReason, own.state.agents[0]?.connection], [-1, undefined, "lost"]);
  });

  test("SIGKILL follows SIGTERM after the time that each major version's setting says", async () => {
    const settings = [
      ["3.115.0", { "cancel-grace-period": 30, "signal-grace-period-seconds": 20 }],
      ["4.0.0", { "cancel-signal-timeout": 20, "cancel-cleanup-timeout": 10 }],
    ] as const;
    for (const [version, more] of settings) {
      const queue = newQueue();
      const deaf = telling();
      const work = job(queue, `trap '' TERM; ${deaf.tell}; while :; do sleep 0.01; done`);
      const agent = startAgent(
        server,
        { queue, ...more, "disconnect-after-job": true },
        { BUILDKITE_SIM_AGENT_VERSION: version },
      );
      await until(deaf.isTold);
      work.phase = "canceling";
      assert.equal(await agent.ended, 0);
      assert.deepEqual([work.phase, work.signalReason, agentIn(queue)?.version], ["canceled", "cancel", version]);
    }
  });

  test("goes when it was idle for long enough, but not while it is paused", async () => {
    const queue = newQueue();
    const agent = startAgent(server, { queue, "disconnect-after-idle-timeout": 90 });
    await agent.says(/Waiting for instructions/);
    const id = agentIn(queue)?.id ?? "";
    await agents.pause(id, { note: "look at it", timeoutMinutes: 60 });
    await agent.says(/Paused: look at it/);
    // 60 pings take longer than the idle timeout.
    await agent.says(/(?:Paused: look at it\n[^\n]*){60}/);
    await agents.resume(id);
    assert.equal(await agent.ended, 0);
    assert.match(agent.log, /All agents have been idle for at least 1m30s\. Disconnecting\.\.\./);
  });

  test("after its uptime it finishes its job and takes no other", async () => {
    const queue = newQueue();
    const first = job(queue, "sleep 0.3");
    const agent = startAgent(server, { queue, "disconnect-after-uptime": 40 });
    await agent.says(/Starting job/);
    assert.equal(await agent.ended, 0);
    assert.equal(first.exitStatus, 0);
    assert.match(agent.log, /Agent has exceeded max uptime of 40s/);
  });

  test("told to stop by the API, it goes without another job", async () => {
    const queue = newQueue();
    const agent = startAgent(server, { queue });
    await agent.says(/Waiting for instructions/);
    await agents.stop(agentIn(queue)?.id ?? "", { force: false });
    assert.equal(await agent.ended, 0);
  });

  test("a job may pause its own agent", async () => {
    const queue = newQueue();
    job(queue, '"$BUILDKITE_SIM_SELF" pause --note "disk is full" --timeout-in-minutes 30');
    const agent = startAgent(server, { queue, "disconnect-after-job": true });
    await agent.says(/Paused: disk is full/);
    assert.equal((await agents.get(agentIn(queue)?.id ?? ""))?.pausedNote, "disk is full");
    await agents.resume(agentIn(queue)?.id ?? "");
    assert.equal(await agent.ended, 0);
  });

  test("acquires the one job it came for, whatever its tags, and takes no other", async () => {
    const queue = newQueue();
    const other = job(queue, "true");
    const work = job(queue, "exit 3", { rules: ["xcode=99"] });
    const agent = startAgent(server, { queue, "acquire-job": work.id, "reflect-exit-status": true });
    assert.equal(await agent.ended, 3);
    assert.deepEqual([work.exitStatus, other.phase], [3, "scheduled"]);
  });

  test("a job that is gone is exit status 27, one that waits for others 28", async () => {
    const queue = newQueue();
    const gone = job(queue, "true");
    gone.phase = "canceled";
    const locked = job(queue, "true", { waiting: true });
    const statuses = [gone, locked].map(({ id }) => startAgent(server, { queue, "acquire-job": id }).ended);
    assert.deepEqual(await Promise.all(statuses), [27, 28]);
  });

  test("survives server errors while it works and reports the end", async () => {
    const own = await buildkite({ pingIntervalSeconds: 2 });
    const queue = newQueue();
    const work = addJob(own.state, { queue }, own.clock.now());
    own.faults.add({ operation: "jobs.finish", effect: "server-error", times: 2 });
    const agent = startAgent(own, { queue, "disconnect-after-job": true });
    assert.equal(await agent.ended, 0);
    assert.equal(work.exitStatus, 0);
  });

  const refusals: [name: string, settings: Record<string, string>, version: string, words: RegExp][] = [
    ["a wrong token", { token: "wrong" }, "3.115.0", /401 Unauthorized: Invalid agent registration token/],
    ["no token", { token: "" }, "3.115.0", /Missing token\. See: `buildkite-agent start --help`/],
    ["two queues", { tags: "queue=a", queue: "b" }, "3.115.0", /Queue must be present in only one/],
    ["an empty git-commit-verification in 4", { "git-commit-verification": "" }, "4.0.0", /git-commit-verification/],
    ["the old spawn-with-priority in 4", { "spawn-with-priority": "true" }, "4.0.0", /static, ascending or descending/],
  ];
  for (const [name, settings, version, words] of refusals) {
    test(`${name} ends it with 1 and the reason`, async () => {
      const agent = startAgent(server, settings, { BUILDKITE_SIM_AGENT_VERSION: version });
      assert.equal(await agent.ended, 1);
      assert.match(agent.log, words);
    });
  }

  test("spawns several agents with their numbers as names and priorities", async () => {
    const queue = newQueue();
    const agent = startAgent(server, {
      queue,
      name: "multi-%spawn",
      spawn: 2,
      "spawn-with-priority": true,
      "disconnect-after-idle-timeout": 50,
    });
    assert.equal(await agent.ended, 0);
    const spawned = server.state.agents.filter((item) => item.tags.includes(`queue=${queue}`));
    assert.deepEqual(spawned.map(({ name, priority }) => [name, priority]).toSorted(), [
      ["multi-1", 1],
      ["multi-2", 2],
    ]);
  });
});
