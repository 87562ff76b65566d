import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { findNamespaces } from "../../simulators/ec2-mac/guest/namespaces.ts";
import { until } from "../support/until.ts";
import { type AwsState, startStack, type TestStack } from "./stack.ts";

const found = findNamespaces();
const skip = found.ok ? (found.isRoot ? false : "needs root, for the users of a Mac") : found.reason;

interface Job {
  id: string;
  phase: string;
  exitStatus?: number;
  log: string;
  agentId?: string;
}

interface BuildkiteState {
  agents: { id: string; name: string; connection: string }[];
  jobs: Job[];
}

describe("EC2 Macs of the local stack, kept by the real controller on a clock that runs fast", { skip }, () => {
  let stack: TestStack;
  before(async () => {
    stack = await startStack("local", { ec2Rate: 60 });
    const up = await stack.run("up", "--yes", "--skip-preview");
    assert.equal(up.code, 0, up.stdout + up.stderr);
  });
  after(() => stack?.end());

  const buildkite = async (where: string, body?: object) => {
    const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
    const headers = { "content-type": "application/json" };
    return (await fetch(`${stack.sandbox.addresses.buildkiteUrl}/_sim/${where}`, { ...init, headers })).json();
  };
  const ci = () => buildkite("state") as Promise<BuildkiteState>;
  const instances = async (): Promise<AwsState["instances"]> => (await stack.aws("state")).instances;

  test("one boots from the real user data, sets itself up, registers and takes a job that has no rights", async () => {
    await until(async () => (await ci()).agents.length > 0, "an agent has registered");
    const command = "id -un && ! sudo -n true && ! curl -s -m 2 http://169.254.169.254/latest/meta-data/";
    const { id } = (await buildkite("jobs", { queue: "macos-local", command })) as Job;
    const job = async () => (await ci()).jobs.find((one) => one.id === id);
    await until(async () => (await job())?.phase === "finished", "the job is over");
    const { agents } = await ci();
    const done = await job();
    assert.equal(done?.exitStatus, 0, done?.log);
    assert.match(done?.log ?? "", /^runner$/m);
    assert.match(agents.find((agent) => agent.id === done?.agentId)?.name ?? "", /^MacM1-[12]-i-0/);
  });

  test("it ends for good when its runner is gone, by its own supervisor", async () => {
    const [mac] = (await instances()).filter(({ state }) => state === "running");
    assert.ok(mac);
    await stack.aws("guest", { instanceId: mac.instanceId, run: "pkill -KILL -f 'agent/main.ts start'" });
    const state = async () => (await instances()).find(({ instanceId }) => instanceId === mac.instanceId)?.state;
    await until(async () => ["shutting-down", "terminated"].includes((await state()) ?? ""), "it ends");
  });
});
