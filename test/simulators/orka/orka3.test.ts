import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runOrka3 } from "../../../simulators/orka/cli/run.ts";
import { startCluster } from "../../../simulators/orka/cluster.ts";

const home = mkdtempSync(join(tmpdir(), "orka3-test-"));
const cluster = await startCluster({
  stateFile: join(home, "state.json"),
  bootSeconds: 0,
  jobSeconds: 0,
  nodes: [{ name: "mini-1", ip: "10.0.0.1", cpu: 12, memoryGb: 31.23, tags: ["xcode"] }],
  images: [{ name: "sonoma", sizeGb: 90, description: "base" }],
});
after(async () => {
  await cluster.close();
  rmSync(home, { recursive: true, force: true });
});

/** Runs orka3 as a person with this home would. */
async function orka3(args: string[], more: { env?: Record<string, string>; stdin?: string } = {}) {
  const seen = { stdout: "", stderr: "" };
  const exitCode = await runOrka3(args, {
    env: { HOME: home, ...more.env },
    stdin: async () => more.stdin ?? "",
    out: (text) => {
      seen.stdout += text;
    },
    err: (text) => {
      seen.stderr += text;
    },
    die: () => assert.fail("nobody asked for that"),
  });
  return { exitCode, ...seen };
}

const json = async (...args: string[]) => JSON.parse((await orka3([...args, "-o", "json"])).stdout);

test("before there is a context every command says so", async () => {
  assert.deepEqual(await orka3(["vm", "list"]), {
    exitCode: 1,
    stdout: "",
    stderr: 'Error: context "orka" does not exist\n',
  });
});

test("config set and user set-token write what the other commands use", async () => {
  assert.equal((await orka3(["config", "set", "-a", cluster.url])).exitCode, 0);
  assert.match((await orka3(["config", "view"])).stdout, new RegExp(cluster.url));
  assert.equal((await orka3(["user", "set-token", cluster.token])).exitCode, 0);
  assert.equal((await orka3(["user", "get-token"])).stdout.trim(), cluster.token);
  const kubeconfig = JSON.parse(readFileSync(join(home, ".kube", "config"), "utf8"));
  assert.equal(kubeconfig["current-context"], "orka");
});

test("a URL with a slash at its end leads nowhere", async () => {
  const env = { HOME: mkdtempSync(join(home, "slash-")) };
  await orka3(["config", "set", "--api-url", `${cluster.url}/`], { env });
  assert.equal((await orka3(["user", "set-token", cluster.token], { env })).exitCode, 1);
});

test("deploy prints an array with one object, list the same with more", async () => {
  const args = ["vm", "deploy", "vm-1", "--image", "sonoma", "-c", "4", "-m", "4.8", "--metadata", "k=v,k2=v2"];
  const placed = {
    name: "vm-1",
    node: "mini-1",
    memory: "4.80Gi",
    ip: "10.0.0.1",
    ssh: 8822,
    vnc: 5999,
    screenshare: 5901,
  };
  assert.deepEqual(await json(...args), [{ ...placed, status: "Running" }]);
  const [{ deployDate, ...listed }] = await json("vm", "list");
  assert.ok(Date.parse(deployDate) > 0);
  assert.deepEqual(listed, {
    ...placed,
    status: "Running",
    cpu: 4,
    image: "sonoma",
    gpuPassthrough: false,
    type: "arm64",
    customMetadata: { k: "v", k2: "v2" },
  });
  assert.deepEqual(await orka3(["vm", "delete", "vm-1"]), {
    exitCode: 0,
    stdout: "Successfully deleted vm vm-1\n",
    stderr: "",
  });
});

test("a VM without VNC has no VNC port, and one without a name gets one", async () => {
  const [vm] = await json("vm", "deploy", "-i", "sonoma", "--disable-vnc");
  assert.match(vm.name, /^vm-[0-9a-f]{5}$/);
  assert.ok(!("vnc" in vm));
  const [generated] = await json("vm", "deploy", "ci", "--generate-name", "-i", "sonoma", "-p", "30000:8080");
  assert.match(generated.name, /^ci-[0-9a-f]{5}$/);
  await orka3(["vm", "delete", vm.name, generated.name]);
});

test("the flags of a deployment win over its config", async () => {
  await orka3(["vmc", "create", "small", "-i", "sonoma"]);
  const [config] = await json("vm-config", "list");
  assert.deepEqual([config.cpu, config.memory, config.type], [3, "4.80Gi", "arm64"]);
  await orka3(["vm", "deploy", "vm-2", "--config=small", "--cpu=6", "--memory=12"]);
  const [vm] = await json("vm", "list", "vm-2");
  assert.deepEqual([vm.cpu, vm.memory], [6, "12.00Gi"]);
});

test("tables are for people", async () => {
  const { stdout } = await orka3(["vm", "list", "-o", "wide"]);
  assert.match(stdout, /^NAME +IP +SSH +VNC +SCREENSHARE +STATUS +NODE +IMAGE +CPU +MEMORY\nvm-2 +10\.0\.0\.1 +8822/);
  const images = await orka3(["image", "list", "-o", "wide"]);
  assert.match(images.stdout, /NAME +DESCRIPTION +TYPE +STATE +SIZE +STORAGE SIZE +ERROR\nsonoma +base/);
});

test("a node shows what its VMs leave, in G and not Gi", async () => {
  const [node] = await json("node", "list");
  assert.deepEqual(
    [node.nodeIP, node.availableCpu, node.availableMemory, node.phase],
    ["10.0.0.1", 6, "19.23G", "READY"],
  );
  assert.deepEqual(node.orkaTags, ["xcode"]);
});

const refusals: [args: string, stderr: string | RegExp][] = [
  [
    "image delete sonoma",
    'Error: admission webhook "vimage.kb.io" denied the request: cannot delete image "sonoma". The image is being used by one or more VMs: vm-2. Remove the VMs and try again\n',
  ],
  ["vm delete nobody", 'Error: virtualmachineinstances.orka.macstadium.com "nobody" not found\n'],
  ["vm deploy x --config nothing", "Error: config does not exist\n"],
  ["vm deploy vm-2 --config small", "Error: VM with name vm-2 already exists\n"],
  ["vm deploy x --image nothing", 'Error: images.orka.macstadium.com "nothing" not found\n'],
  ["vm deploy Big --image sonoma", /^Error: VirtualMachineInstance.* "Big" is invalid/],
  [`vm deploy ${"a".repeat(64)} --image sonoma`, /no more than 63 characters/],
  [`vm-config create ${"a".repeat(51)} --image sonoma`, /no more than 50 characters/],
  ["vm deploy x --image sonoma --metadata a=b=c", /^Error: invalid metadata "a=b=c"/],
  ["vm deploy x", /^Error: either --image or --config must be set/],
  ["vm resize vm-2 10", /must be larger than the current size 90G/],
  ["vm list -n orka-nowhere", 'Error: namespaces "orka-nowhere" not found\n'],
  ["namespace create ci", /"ci" is invalid/],
  ["sa token nobody --duration 1h --no-expiration", /none of the others can be/],
  ["sa token nobody --duration 90", /^Error: invalid argument "90"/],
  ["vm start vm-2", "Error: start is supported only for Intel-based VMs\n"],
  ["vm logs vm-2", 'Error: unknown command "logs" for "orka3 vm"\n'],
  ["vm restart vm-2", 'Error: unknown command "restart" for "orka3 vm"\n'],
  ["snapshot list", 'Error: unknown command "snapshot" for "orka3"\n'],
  ["vm deploy x --image sonoma --disk-size 100", "Error: unknown flag: --disk-size\n"],
  ["vm deploy x -i sonoma -c many", /^Error: invalid argument "many" for "-c, --cpu" flag/],
  ["vm delete", "Error: requires at least 1 arg(s), only received 0\n"],
  ["vm resize vm-2", "Error: accepts 2 arg(s), received 1\n"],
  ["vm list -o yaml", /^Error: invalid output format/],
];
for (const [args, stderr] of refusals) {
  test(`orka3 ${args.slice(0, 60)}: refused on stderr with exit code 1`, async () => {
    const seen = await orka3(args.split(" "));
    assert.deepEqual([seen.exitCode, seen.stdout], [1, ""]);
    if (typeof stderr === "string") assert.equal(seen.stderr, stderr);
    else assert.match(seen.stderr, stderr);
  });
}

test("the namespace comes from the flag, then the environment, then the context", async () => {
  await orka3(["ns", "create", "orka-ci", "--enable-custom-pods"]);
  const env = { ORKA_DEFAULT_NAMESPACE: "orka-ci" };
  assert.equal((await orka3(["vm", "list", "-o", "json"], { env })).stdout, "[]\n");
  assert.match((await orka3(["vm", "list", "-n", "orka-default"], { env })).stdout, /vm-2/);
  assert.equal((await orka3(["ns", "delete", "orka-ci"])).exitCode, 0);
});

test("KUBECONFIG names the file, which may be YAML", async () => {
  const file = join(home, "kube.yaml");
  writeFileSync(
    file,
    `
contexts: [{name: orka, context: {cluster: c, user: u, namespace: orka-default}}]
clusters: [{name: c, cluster: {server: "${cluster.url}/kube"}}]
users: [{name: u, user: {token: ${cluster.token}}}]
`,
  );
  assert.match((await orka3(["vm", "list"], { env: { KUBECONFIG: file, HOME: "/nonexistent" } })).stdout, /vm-2/);
});

test("registry logins, rolebindings and service accounts are kept", async () => {
  const login = ["regcred", "add", "https://ghcr.io", "-u", "u", "--password-stdin"];
  assert.equal((await orka3(login, { stdin: "secret\n" })).exitCode, 0);
  assert.match((await orka3(login, { stdin: "secret\n" })).stderr, /already exists/);
  assert.equal((await orka3([...login, "--replace"], { stdin: "secret\n" })).exitCode, 0);
  assert.match((await orka3(["regcred", "list"])).stdout, /https:\/\/ghcr\.io/);
  assert.ok(!JSON.stringify(cluster.state).includes("secret"));
  assert.equal((await orka3(["regcred", "remove", "https://ghcr.io"])).exitCode, 0);
  await orka3(["sa", "create", "ci"]);
  await orka3(["rb", "add-subject", "-s", "orka-default:ci", "-u", "someone"]);
  assert.deepEqual(await json("rb", "list-subjects"), [
    { name: "someone", kind: "User" },
    { name: "orka-default:ci", kind: "ServiceAccount" },
  ]);
  await orka3(["rb", "remove-subject", "-s", "orka-default:ci"]);
  assert.equal((await json("rb", "list-subjects")).length, 1);
  assert.match((await orka3(["sa", "token", "ci", "--duration", "30m"])).stdout, /^sa-ci-\S+\n$/);
});

test("a cluster that is not there is told in the words of Go", async () => {
  const env = { HOME: mkdtempSync(join(home, "gone-")) };
  const gone = await startCluster({ stateFile: join(env.HOME, "s.json"), nodes: [], images: [] });
  await orka3(["config", "set", "-a", gone.url], { env });
  await orka3(["user", "set-token", gone.token], { env });
  await gone.close();
  assert.match(
    (await orka3(["vm", "list"], { env })).stderr,
    /^Error: Get ".*": dial tcp .*: connect: connection refused\n$/,
  );
});
