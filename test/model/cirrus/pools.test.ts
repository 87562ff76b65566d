import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { CiSystem } from "../../../model/cirrus/variables.ts";
import { parseSettings, type Settings } from "../../../model/settings.ts";
import { readStackFile } from "../../../model/stack-file.ts";
import { leftOver, migrate, productionFleet } from "./read.ts";

/** The production fleet with its Tart pool on a queue of its own. */
function ownQueue(): Settings {
  const fleet = productionFleet();
  const runner = {
    name: "office",
    ci: "buildkite",
    organization: "example-org",
    queue: "office-vms",
    agentVersion: 3,
    tags: [] as string[],
  } as const;
  const pools = fleet.pools.map((pool) => (pool.name === "office" ? { ...pool, runner: "office" } : pool));
  return { ...fleet, runners: [...fleet.runners, runner], pools };
}

const image = "ghcr.io/example-org/macos-sequoia-base";
const digest = "sha256:cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2";

function task(worker: string): string {
  return `task:\n  persistent_worker: { ${worker} }\n  script: make\n`;
}

function tart(fields: string, more = ""): string {
  return task(`isolation: { tart: { ${fields} } }${more}`);
}

interface Case {
  name: string;
  text: string;
  fleet?: Settings;
  ci?: CiSystem;
  pool: string;
  existing: boolean;
  queue: string;
}

const mac = { existing: false, pool: "mac", queue: "mac" };
const fresh = { existing: false, pool: "macos-sequoia-base", queue: "macos-sequoia-base" };
const office = { existing: true, pool: "office", queue: "office-vms" };

const cases: Case[] = [
  { name: "the same image by a tag", text: tart(`image: "${image}:latest"`), ...office },
  { name: "the same image by its digest", text: tart(`image: "${image}@${digest}"`), ...office },
  { name: "the size that the pool has", text: tart(`image: "${image}", cpu: 4, memory: 8G`), ...office },
  { name: "more memory than the pool has", text: tart(`image: "${image}", memory: 9G`), ...fresh },
  { name: "more cores than the pool has", text: tart(`image: "${image}", cpu: 5`), ...fresh },
  { name: "another digest", text: tart(`image: "${image}@${digest.replace("cae", "000")}"`), ...fresh },
  {
    name: "a whole Mac, where VMs share theirs",
    text: tart(`image: "${image}"`, ", resources: { tart-vms: 2 }"),
    existing: false,
    pool: "macos-sequoia-base-whole-mac",
    queue: "macos-sequoia-base-whole-mac",
  },
  { name: "the other CI system", text: tart(`image: "${image}"`), ci: "github", ...fresh },
  { name: "a queue that other pools serve too", text: tart(`image: "${image}"`), fleet: productionFleet(), ...fresh },
  {
    name: "labels, and no pool of their name",
    text: tart(`image: "${image}"`, ", labels: { rack: b }"),
    existing: false,
    pool: "macos-sequoia-base-b",
    queue: "macos-sequoia-base-b",
  },
  {
    name: "a Mac itself: dedicated hosts",
    text: task("labels: { os: darwin }"),
    existing: true,
    pool: "macm1",
    queue: "macos",
  },
  {
    name: "a Mac itself, for Intel",
    text: task("labels: { os: darwin, arch: amd64 }"),
    existing: false,
    pool: "intel-mac",
    queue: "intel-mac",
  },
  { name: "a Mac itself, with the other CI system", text: task("labels: { os: darwin }"), ci: "github", ...mac },
];

for (const { name, text, fleet = ownQueue(), ci = "buildkite", ...expected } of cases)
  test(`pool for ${name}`, () => {
    const [turned] = migrate(text, { ci, current: fleet }).tasks;
    deepEqual({ pool: turned?.pool, existing: turned?.existing, queue: turned?.queue }, expected);
  });

test("a pool of the name that labels ask for serves them: it was made for that", () => {
  const fleet = ownQueue();
  const pools = fleet.pools.map((pool) => (pool.name === "office" ? { ...pool, name: "macos-sequoia-base-b" } : pool));
  const migration = migrate(tart(`image: "${image}"`, ", labels: { rack: b }"), { current: { ...fleet, pools } });
  deepEqual([migration.tasks[0]?.existing, migration.leftOvers], [true, []]);
});

test("nothing is left over, and no settings are proposed, when today's fleet serves everything", () => {
  const migration = migrate(tart(`image: "${image}@${digest}"`), { current: ownQueue() });
  deepEqual([migration.leftOvers, migration.settings], [[], { runners: [], images: [], pools: [] }]);
});

test("tasks that differ in size share a pool as large as the largest", () => {
  const text = [`cpu: 4, memory: 32G`, `cpu: 8, memory: 16G`]
    .map((size) => tart(`image: "${image}", ${size}`))
    .join("");
  const { settings } = migrate(text);
  deepEqual(
    settings.pools.map(({ vm }) => vm),
    [{ cpu: 8, memoryGb: 32, diskGb: 100 }],
  );
});

test("a new pool does not take a name that the fleet has", () => {
  const fleet = ownQueue();
  const taken = fleet.runners.map((runner) =>
    runner.name === "github" ? { ...runner, name: "macos-sequoia-base" } : runner,
  );
  const migration = migrate(tart(`image: "${image}", cpu: 8`), { current: { ...fleet, runners: taken } });
  deepEqual([migration.tasks[0]?.pool, migration.tasks[0]?.queue], ["macos-sequoia-base-2", "macos-sequoia-base-2"]);
});

test("the organization is that of today's fleet", () => {
  const { settings } = migrate(tart(`image: "${image}", cpu: 8`), { current: ownQueue() });
  equal(settings.runners[0]?.organization, "example-org");
});

test("new Macs on EC2 get their agents' tokens from the cluster of today's, and Intel Macs their own label", () => {
  const cluster = "0f4c8a1e-5b7d-4c39-9e26-7a1d3b8f6c52";
  const current = ownQueue();
  const runners = current.runners.map((runner) => (runner.ci === "buildkite" ? { ...runner, cluster } : runner));
  const intel = task("labels: { arch: amd64 }");
  equal(migrate(intel, { current: { ...current, runners } }).settings.runners[0]?.cluster, cluster);
  equal(migrate(intel).settings.runners[0]?.cluster, "<cluster id>");
  deepEqual(migrate(intel, { ci: "github" }).settings.runners[0]?.labels, ["self-hosted", "macOS", "X64"]);
});

test("proposed settings are refused until a person has filled them in, and right when one has", () => {
  const { settings } = migrate(tart(`image: "${image}:latest"`) + task("labels: { arch: amd64 }"));
  const problems = check(settings);
  deepEqual(problems, [
    "runners[0].organization",
    "runners[1].cluster",
    "runners[1].organization",
    "images[0].reference",
    "pools[0].hosts[0].address",
    "pools[0].hosts[0].hostKey",
    "pools[0].sshUser",
    "pools[1].zones[0]",
  ]);
  const filled = JSON.stringify(settings)
    .replaceAll("<your organization>", "example-org")
    .replaceAll("<cluster id>", "0f4c8a1e-5b7d-4c39-9e26-7a1d3b8f6c52")
    .replaceAll("sha256:<digest>", digest)
    .replaceAll("<address>", "10.0.1.14")
    .replaceAll("<ssh host key>", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILwpqLnf6wpBXuG4PyY/6Z994F9vfGGPrzAtbxvJUcWI")
    .replaceAll("<user who runs Tart>", "admin")
    .replaceAll("<zone>", "us-east-1a");
  deepEqual(check(JSON.parse(filled)), []);
});

function check(settings: object): string[] {
  const blocks = Object.entries({ fleet: { name: "ci-macs" }, ...settings });
  const config = Object.fromEntries(blocks.map(([name, value]) => [`mac-runner-fleet:${name}`, value]));
  const parsed = parseSettings(readStackFile({ config: { "aws:region": "us-east-1", ...config } }));
  return parsed.ok ? [] : parsed.problems.map(({ path }) => path);
}

test("what a worker asked for and no pool has is said", () => {
  const text = tart(
    `image: "${image}@${digest}", user: admin, password: secret, softnet: true, volumes: [{ source: /x }], nested: true`,
    ", labels: { os: darwin, name: mac-3 }, resources: { licences: 0.5, tart-vms: 1 }",
  );
  const left = leftOver(migrate(text, { current: ownQueue() }));
  deepEqual(left.toSorted(), ["labels.name", "resources.licences", "tart.nested", "tart.softnet", "tart.volumes"]);
});

test("softnet that is off needs nothing", () => {
  ok(!leftOver(migrate(tart(`image: "${image}", softnet: false`))).includes("tart.softnet"));
});
