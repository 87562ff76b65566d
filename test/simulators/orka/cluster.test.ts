import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Cluster, type ClusterOptions, startCluster } from "../../../simulators/orka/cluster.ts";

const folder = mkdtempSync(join(tmpdir(), "orka-cluster-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A cluster of one Mac whose time stands still until the test moves it. */
async function start(options: Partial<ClusterOptions> = {}) {
  const time = { ms: Date.UTC(2026, 0, 1) };
  const stateFile = options.stateFile ?? join(folder, `${++files}.json`);
  const cluster = await startCluster({
    stateFile,
    clock: () => time.ms,
    nodes: [{ name: "mini-1", ip: "10.0.0.1", cpu: 12, memoryGb: 32 }],
    images: [{ name: "sonoma", sizeGb: 90 }],
    ...options,
  });
  after(() => cluster.close());
  return { cluster, time, stateFile };
}

const VMS = "/kube/apis/orka.macstadium.com/v1/namespaces/orka-default/virtualmachineinstances";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
type Answer = { status: number; body: any };

async function call(
  cluster: Cluster,
  method: string,
  path: string,
  body?: object,
  token = cluster.token,
): Promise<Answer> {
  const response = await fetch(`${cluster.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: await response.json() };
}

const deploy = (cluster: Cluster, name: string, more: object = {}) =>
  call(cluster, "POST", VMS, { name, image: "sonoma", cpu: 4, memoryGb: 8, timeoutMinutes: 10, ...more });
const phase = async (cluster: Cluster, name: string) =>
  (await call(cluster, "GET", `${VMS}/${name}`)).body.status.phase;

test("cluster-info needs no token and says where the Kubernetes API is", async () => {
  const { cluster } = await start();
  const info = await (await fetch(`${cluster.url}/api/v1/cluster-info`)).json();
  assert.deepEqual(Object.keys(info as object).toSorted(), [
    "apiDomain",
    "apiEndpoint",
    "appClientId",
    "baseOauthEndpoint",
    "certData",
    "gpuPassthroughEnabled",
  ]);
  assert.equal((info as { apiEndpoint: string }).apiEndpoint, `${cluster.url}/kube`);
});

test("a bad token gets a Status of Kubernetes", async () => {
  const { cluster } = await start();
  const { status, body } = await call(cluster, "GET", VMS, undefined, "wrong");
  assert.equal(status, 401);
  assert.deepEqual([body.kind, body.status, body.message, body.code], ["Status", "Failure", "Unauthorized", 401]);
});

test("a VM boots in its time, with the IP of its node and ports of its own", async () => {
  const { cluster, time } = await start({ bootSeconds: 30 });
  await deploy(cluster, "vm-1");
  await deploy(cluster, "vm-2");
  time.ms += 29_000;
  assert.equal(await phase(cluster, "vm-1"), "Pending");
  time.ms += 1_000;
  const { body } = await call(cluster, "GET", VMS);
  assert.deepEqual(
    body.items.map((vm: Answer["body"]) => [vm.status.phase, vm.status.ip, vm.status.sshPort, vm.status.vncPort]),
    [
      ["Running", "10.0.0.1", 8822, 5999],
      ["Running", "10.0.0.1", 8823, 6000],
    ],
  );
});

test("a third VM waits for one of the two places of a Mac, and fails when its time is up", async () => {
  const { cluster, time } = await start({ bootSeconds: 0 });
  for (const name of ["vm-1", "vm-2", "vm-3", "vm-4"]) await deploy(cluster, name);
  assert.equal(await phase(cluster, "vm-3"), "Pending");
  await call(cluster, "DELETE", `${VMS}/vm-1`);
  assert.equal(await phase(cluster, "vm-3"), "Running");
  time.ms += 10 * 60_000;
  const { body } = await call(cluster, "GET", `${VMS}/vm-4`);
  assert.deepEqual([body.status.phase, body.status.errorMessage], ["Failed", "No nodes available in namespace"]);
});

const misfits = [
  ["too many CPUs", { cpu: 13 }, "Not enough CPU available"],
  ["too much memory", { memoryGb: 33 }, "Not enough memory available"],
  ["a tag that no node has", { tag: "xcode", tagRequired: true }, /No node in `READY` state is available/],
  ["a node that does not exist", { node: "mini-9" }, /No node in `READY` state is available/],
] as const;
for (const [name, request, message] of misfits) {
  test(`a VM with ${name} is never placed`, async () => {
    const { cluster, time } = await start({ bootSeconds: 0 });
    await deploy(cluster, "vm-1", request);
    time.ms += 10 * 60_000;
    const { body } = await call(cluster, "GET", `${VMS}/vm-1`);
    assert.equal(body.status.phase, "Failed");
    if (typeof message === "string") assert.equal(body.status.errorMessage, message);
    else assert.match(body.status.errorMessage, message);
  });
}

test("the scheduler spreads VMs, packs them when told to, and prefers a tag that is not required", async () => {
  const nodes = ["a", "b", "c"].map((name, i) => ({
    name,
    ip: `10.0.0.${i}`,
    cpu: 12,
    memoryGb: 64,
    tags: i === 2 ? ["x"] : [],
  }));
  const { cluster } = await start({ bootSeconds: 0, nodes });
  const place = async (name: string, more: object) => (await deploy(cluster, name, more)).body.status.nodeName;
  assert.equal(await place("vm-1", {}), "a");
  assert.equal(await place("vm-2", {}), "b");
  assert.equal(await place("vm-3", { scheduler: "most-allocated" }), "a");
  assert.equal(await place("vm-4", { tag: "x" }), "c");
  assert.equal(await place("vm-5", { tag: "x" }), "c");
  assert.equal(await place("vm-6", { tag: "x" }), "b");
});

test("what the cluster knows outlives a restart, tokens and planned faults included, in a private file", async () => {
  const { cluster, stateFile } = await start({ bootSeconds: 0 });
  await deploy(cluster, "vm-1", { metadata: { a: "b" } });
  await fetch(`${cluster.url}/sim/faults`, {
    method: "POST",
    body: JSON.stringify({ operation: "vm.list", effect: "server-error" }),
  });
  await cluster.close();
  assert.equal(statSync(stateFile).mode & 0o777, 0o600);
  const again = (await start({ stateFile, nodes: [], images: [] })).cluster;
  assert.equal(again.token, cluster.token);
  assert.equal((await call(again, "GET", VMS)).status, 500);
  const { body } = await call(again, "GET", VMS);
  assert.deepEqual(
    body.items.map((vm: Answer["body"]) => [vm.metadata.name, vm.spec.customVMMetadata]),
    [["vm-1", { a: "b" }]],
  );
});

test("a token of a service account ends when its time is up", async () => {
  const { cluster, time } = await start();
  const accounts = "/kube/api/v1/namespaces/orka-default/serviceaccounts";
  await call(cluster, "POST", accounts, { name: "ci" });
  const { body } = await call(cluster, "POST", `${accounts}/ci/token`, { durationSeconds: 3600 });
  assert.equal((await call(cluster, "GET", VMS, undefined, body.token)).status, 200);
  time.ms += 3600_000;
  assert.equal((await call(cluster, "GET", VMS, undefined, body.token)).status, 401);
});

test("a service account reaches its own namespace, and another once it is bound there", async () => {
  const { cluster } = await start();
  const core = "/kube/api/v1/namespaces";
  await call(cluster, "POST", core, { name: "orka-ci" });
  await call(cluster, "POST", `${core}/orka-ci/serviceaccounts`, { name: "ci" });
  const { body } = await call(cluster, "POST", `${core}/orka-ci/serviceaccounts/ci/token`, {});
  assert.equal((await call(cluster, "GET", VMS.replace("orka-default", "orka-ci"), undefined, body.token)).status, 200);
  const refused = await call(cluster, "GET", VMS, undefined, body.token);
  assert.deepEqual([refused.status, refused.body.reason], [403, "Forbidden"]);
  await call(cluster, "POST", `${core}/orka-default/rolebinding/add`, { serviceAccounts: ["orka-ci:ci"] });
  assert.equal((await call(cluster, "GET", VMS, undefined, body.token)).status, 200);
  assert.equal((await call(cluster, "GET", core, undefined, body.token)).status, 403, "administrators only");
});

test("jobs that go on in the background end in their time", async () => {
  const { cluster, time } = await start({ bootSeconds: 0, jobSeconds: 60 });
  await deploy(cluster, "vm-1");
  await call(cluster, "POST", `${VMS}/vm-1/save`, { imageName: "saved", description: "" });
  const state = async () => {
    const { body } = await call(cluster, "GET", VMS.replace("virtualmachineinstances", "images"));
    return body.items.find((image: Answer["body"]) => image.metadata.name === "saved").status.state;
  };
  assert.equal(await state(), "Updating");
  time.ms += 60_000;
  assert.equal(await state(), "Ready");
});

test("a push needs a login for its registry, and its job is forgotten an hour after its end", async () => {
  const { cluster, time } = await start({ bootSeconds: 0, jobSeconds: 60 });
  await deploy(cluster, "vm-1");
  const server = "https://ghcr.io";
  await call(cluster, "POST", "/kube/api/v1/namespaces/orka-default/registrycredentials", { server, username: "u" });
  const push = "/api/v1/namespaces/orka-default/vms/vm-1/push";
  const { body } = await call(cluster, "POST", push, { imageReference: "ghcr.io/example/sonoma:1" });
  const jobs = async () => (await call(cluster, "GET", "/kube/api/v1/namespaces/orka-default/pods")).body.items;
  assert.equal((await jobs())[0].metadata.name, body.jobName);
  assert.equal((await jobs())[0].status.phase, "Running");
  time.ms += 60_000;
  assert.equal((await jobs())[0].status.phase, "Succeeded");
  time.ms += 3600_000;
  assert.deepEqual(await jobs(), []);
});

test("a fault waits for its turn and is over after its times", async () => {
  const { cluster } = await start();
  cluster.inject({ operation: "vm.list", effect: "server-error", skip: 1, times: 2 });
  const seen = [];
  for (let i = 0; i < 4; i++) seen.push((await call(cluster, "GET", VMS)).status);
  assert.deepEqual(seen, [200, 500, 500, 200]);
});

test("a VM whose node fails stays pending for good", async () => {
  const { cluster, time } = await start({ bootSeconds: 0 });
  await deploy(cluster, "vm-1");
  await fetch(`${cluster.url}/sim/nodes/mini-1/fail`, { method: "POST" });
  time.ms += 3600_000;
  assert.equal(await phase(cluster, "vm-1"), "Pending");
});

test("the control side shows the state without its secrets", async () => {
  const { cluster } = await start();
  const text = await (await fetch(`${cluster.url}/sim/state`)).text();
  assert.ok(text.includes("mini-1") && !text.includes(cluster.token));
});
