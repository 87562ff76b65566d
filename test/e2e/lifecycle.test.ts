import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { CreateTagsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { allocateHosts } from "../../drivers/ec2/hosts.ts";
import { localExec } from "../../drivers/exec/local.ts";
import { listProcesses } from "../../drivers/system/processes.ts";
import { madeByController } from "../../model/ec2-mac/lease-mark.ts";
import { until } from "../support/until.ts";
import { changes, type Finished, type Settings, startStack, type TestStack } from "./stack.ts";

const daySeconds = 24 * 3600;
let stack: TestStack;

before(async () => {
  stack = await startStack();
});
after(() => stack.end());

const succeeds = (finished: Finished) =>
  assert.equal(finished.code, 0, `exit code ${finished.code}:\n${finished.stdout}\n${finished.stderr}`);
const pool = <T extends { name: string }>(pools: T[], name: string): T => {
  const found = pools.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return found;
};

/** What must not be read anywhere: the tokens, and each line of the private key. */
function secretTexts(): string[] {
  const { orkaToken, githubToken, buildkiteApiToken, sshPrivateKey } = stack.sandbox.secrets;
  const keyLines = sshPrivateKey.split("\n").filter((line) => line.length > 40 && !line.startsWith("-"));
  return [orkaToken, githubToken, buildkiteApiToken, ...keyLines];
}

function assertNoSecret(where: string, texts: readonly string[]): void {
  for (const secret of secretTexts())
    assert.ok(!texts.some((text) => text.includes(secret)), `${where} shows a secret`);
}

/** Every command line that any process of this computer had while the work was done, as far as `ps` saw it. */
async function watchCommandLines(work: () => Promise<void>): Promise<string[]> {
  const seen = new Set<string>();
  let isDone = false;
  const watching = (async () => {
    const exec = localExec();
    while (!isDone) for (const { command } of await listProcesses(exec)) seen.add(command);
  })();
  await work();
  isDone = true;
  await watching;
  return [...seen];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

test("a wrong stack file is told with all its mistakes, and nothing is created", async () => {
  const wrong = await stack.withChange(
    ({ pools }) => {
      pool(pools, "macm1").hosts = 0;
      pool(pools, "orka").vm = { diskGb: -1 };
    },
    () => stack.run("up", "--yes", "--skip-preview"),
  );
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stdout, /pools\[0\]\.hosts: 0 is too few\./);
  assert.match(wrong.stdout, /pools\[1\]\.vm\.diskGb: -1 is too low\./);
  assert.doesNotMatch(wrong.stdout, / at .*\.ts:\d/, "a person gets words, not a stack trace");
  assert.deepEqual((await stack.aws("state")).hosts, []);
  const made = (await stack.pulumi.exportState()).resources.filter(({ id }) => id !== "");
  assert.deepEqual(made, []);
});

test("a fleet that does not exist yet can be previewed", async () => {
  const planned = changes(await stack.run("preview", "--json"));
  assert.ok(planned.includes("create macm1-MacM1-1") && planned.includes("create office-office-mac-1-slot-1"));
  assert.deepEqual((await stack.aws("state")).hosts, []);
});

test("up brings up all three kinds of pool, and no command line or output shows a secret", async () => {
  const commandLines = await watchCommandLines(async () => {
    succeeds(await stack.run("up", "--yes", "--skip-preview"));
  });
  assert.ok(
    commandLines.some((line) => line.includes("orka3")),
    "the watch sees what the providers start",
  );
  assertNoSecret("a command line", commandLines);
  const status = await stack.fleet("status", "--json");
  succeeds(status);
  const rows = JSON.parse(status.stdout) as { pool: string; state: string; address: string }[];
  assert.deepEqual(
    rows.map((row) => [row.pool, row.state]),
    [
      ...Array(2).fill(["macm1", "available"]),
      ...Array(3).fill(["orka", "running"]),
      ...Array(4).fill(["office", "running"]),
    ],
  );
  assert.ok(
    rows.every(({ address }) => address !== ""),
    "each machine says where it is",
  );
});

test("no secret stands in plain text in the state, in a log, or on a Mac", async () => {
  assertNoSecret("the exported state", [(await stack.run("stack", "export")).stdout]);
  const { folder } = stack.sandbox;
  // The simulators' own: the other side of each secret has to know it. Disks are large and say nothing.
  const isOwn = (file: string) => /^(sandbox\.json|simulated\/(config-\w+|orka)\.json)$/.test(file);
  const files = filesBelow(folder).filter((file) => !isOwn(file) && !file.endsWith("disk.img"));
  assert.ok(files.some((file) => file.startsWith("state/.pulumi/stacks/")) && files.includes("simulated/log.txt"));
  for (const file of files) assertNoSecret(file, [readFileSync(path.join(folder, file), "latin1")]);
});

test("a preview right after says no changes", async () => {
  succeeds(await stack.run("preview", "--expect-no-changes"));
});

test("an instance launched from the template boots on its host and ends for good when it shuts down", async () => {
  const { hosts } = await stack.aws("state");
  const hostId = hosts[0]?.hostId;
  await stack.aws("launch", { launchTemplateName: "ci-macs-local-macm1", hostId });
  await stack.aws("clock", { advanceSeconds: 1800 });
  const launched = (await stack.aws("state")).instances[0];
  assert.equal(launched?.state, "running");
  await stack.aws("shutdown", { instanceId: launched?.instanceId });
  await stack.aws("clock", { advanceSeconds: 1800 });
  assert.equal((await stack.aws("state")).instances[0]?.state, "terminated");
});

/** What people change in the settings, and all that a preview may say of it. */
const edits: { what: string; edit(settings: Settings): void; planned: string[] }[] = [
  {
    what: "one more host is one more host, and nothing else is touched",
    edit: ({ pools }) => {
      pool(pools, "macm1").hosts = 3;
    },
    planned: [
      "create macm1-MacM1-3",
      // The pool's floor is one less than the number of hosts.
      "update macm1-below-floor",
      // A preview by the stand-ins cannot tell that the ARN of what is updated stays; nothing changes here.
      "update macm1-caller-rights",
      // It knows the pool's hosts.
      "update macm1-controller",
      "update macm1-dashboard",
      "update macm1-leases",
      "update macm1-look",
      "update macm1-silent",
    ],
  },
  {
    what: "one more VM is one more VM",
    edit: ({ pools }) => {
      pool(pools, "orka").vms = [
        { image: "orka-ventura", count: 1 },
        { image: "orka-sonoma", count: 1 },
        { image: "orka-sequoia", count: 2 },
      ];
    },
    planned: ["create orka-orka-sequoia-2"],
  },
  {
    what: "a Mac's slot is taken out of service without touching the other one",
    edit: ({ pools }) => {
      const hosts = pool(pools, "office").hosts;
      assert.ok(Array.isArray(hosts));
      pool(hosts, "office-mac-2").slots = 1;
    },
    planned: ["delete office-office-mac-2-slot-2"],
  },
  {
    what: "another image replaces the machines made from it and no others",
    edit: ({ images }) => {
      const image = pool(images, "orka-ventura") as { image?: string };
      image.image = "sonoma-90gb-orka3-arm64";
    },
    planned: ["replace orka-orka-ventura", "replace orka-orka-ventura-1"],
  },
];

for (const { what, edit, planned } of edits)
  test(what, async () => {
    assert.deepEqual(await stack.withChange(edit, async () => changes(await stack.run("preview", "--json"))), planned);
  });

test("another kind of Mac is another host under the same name, for AWS makes none into another", async () => {
  const edit = ({ pools }: Settings) => {
    pool(pools, "macm1").instanceType = "mac2-m2.metal";
  };
  const planned = await stack.withChange(edit, async () => changes(await stack.run("preview", "--json")));
  assert.deepEqual(
    planned.filter((change) => /MacM1-/.test(change)),
    ["replace macm1-MacM1-1", "replace macm1-MacM1-2"],
  );
});

test("all of these changes are made in one up, and while it is going it is not recovered", async () => {
  for (const { edit } of edits) stack.change(edit);
  const vms = async () => Object.values((await stack.orka("state")).vms).map(({ name }) => name);
  const before = await vms();
  await stack.orka("faults", { operation: "vm.create", effect: "slow", seconds: 300 });
  const going = stack.run("up", "--yes", "--skip-preview");
  await until(async () => (await vms()).some((name) => !before.includes(name)), "a VM is being deployed");
  const refused = await stack.fleet("recover");
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /is in use by .* since .*\n {2}Wait until that run has ended, or end it\./);
  succeeds(await going);
  succeeds(await stack.run("preview", "--expect-no-changes"));
});

test("a VM deleted behind Pulumi's back is found by refresh and made again by up", async () => {
  await (await stack.orkaCli()).vms.delete("ci-macs-local-orka-orka-sonoma-1");
  const mac = stack.mac("office-mac-1");
  const vm = "ci-macs-local-office-slot-1";
  for (const argv of [
    ["sh", "-c", `launchctl bootout gui/$(id -u)/mac-runner-fleet.vm.${vm}`],
    ["sh", "-c", `tart stop ${vm}; tart delete ${vm}`],
  ] as [string, ...string[]][])
    assert.equal((await mac.run({ argv, timeoutSeconds: 60 })).exitCode, 0, argv.join(" "));

  succeeds(await stack.run("refresh", "--yes", "--skip-preview"));
  assert.deepEqual(changes(await stack.run("preview", "--json")), [
    "create office-office-mac-1-slot-1",
    "create orka-orka-sonoma-1",
  ]);
  succeeds(await stack.run("up", "--yes", "--skip-preview"));
  succeeds(await stack.fleet("status"));
});

test("nothing that was printed shows a secret", () => {
  assert.ok(stack.printed.length > 10);
  assertNoSecret("what the programs printed", stack.printed);
});

/** For what happens in AWS behind Pulumi's back. */
function ec2(): EC2Client {
  const credentials = { accessKeyId: "simulated", secretAccessKey: "simulated" };
  return new EC2Client({ region: "us-east-1", endpoint: stack.sandbox.addresses.ec2Url, credentials });
}

test("a host taken out of service stays out, and one that a controller put in the place of a failed one is not made twice", async () => {
  const [failed, out] = (await stack.aws("state")).hosts;
  await ec2().send(
    new CreateTagsCommand({ Resources: [out?.hostId ?? ""], Tags: [{ Key: "PWPoolReady", Value: "false" }] }),
  );
  const { Name = "", ...others } = failed?.tags ?? {};
  await stack.aws("faults", { effect: "host-failure", hostId: failed?.hostId });
  await stack.aws("clock", { advanceSeconds: 900 });
  const order = { zone: "us-east-1a", instanceType: "mac2.metal", quantity: 1, clientToken: "replacement" };
  await allocateHosts(ec2(), { ...order, tags: { ...others, ...madeByController, Name } });
  const hosts = async () => (await stack.aws("state")).hosts.map(({ hostId, tags }) => `${tags.Name} ${hostId}`);
  const before = await hosts();
  const up = await stack.run("up", "--refresh", "--yes", "--skip-preview");
  succeeds(up);
  assert.deepEqual(await hosts(), before, up.stdout);
  const isOut = (await stack.aws("state")).hosts.find(({ hostId }) => hostId === out?.hostId);
  assert.equal(isOut?.tags.PWPoolReady, "false");
  const state = await stack.pulumi.exportState();
  assert.ok(!state.resources.some(({ id }) => id === failed?.hostId), "the failed host is the leases' to give back");
});

test("destroy leaves nothing; hosts that AWS takes back only after a day, those of the controller too, go when it does, with the stack long gone", async () => {
  const held = async () => (await stack.aws("state")).hosts.filter(({ state }) => !state.startsWith("released"));
  const declared = await held();
  assert.ok(declared.length > 0);
  succeeds(await stack.run("destroy", "--yes", "--skip-preview"));
  assert.deepEqual((await stack.pulumi.exportState()).resources, []);
  assert.equal((await held()).length, declared.length);
  await stack.aws("clock", { advanceSeconds: daySeconds + 3600 });
  await until(async () => (await held()).length === 0, "all hosts are released");
  const { vms, vmConfigs } = await stack.orka("state");
  assert.deepEqual([Object.keys(vms), Object.keys(vmConfigs)], [[], []]);
  for (const mac of ["office-mac-1", "office-mac-2"])
    assert.deepEqual(readdirSync(path.join(stack.tartHome(mac), "vms")), [], mac);
});
