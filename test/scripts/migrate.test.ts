import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { migrateCirrus } from "../../scripts/commands/migrate.ts";
import { repositoryRoot } from "../support/tools.ts";

const image = "ghcr.io/example-org/macos-sequoia-base";
const digest = "sha256:cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2";
const inVm = `task:\n  persistent_worker: { isolation: { tart: { image: "${image}@${digest}" } } }\n  script: make test\n`;

/** A folder with a .cirrus.yml. */
function project(t: TestContext, text = inVm) {
  const folder = mkdtempSync(path.join(tmpdir(), "migrate-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, ".cirrus.yml");
  writeFileSync(file, text);
  return { folder, file, out: path.join(folder, "out") };
}

/** Types the command. */
function fleet(cwd: string, ...args: string[]) {
  const script = path.join(repositoryRoot, "scripts/fleet.ts");
  const ran = spawnSync(process.execPath, [script, "migrate", "cirrus", ...args], { cwd, encoding: "utf8" });
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

/** Runs the command in this process. */
async function run(t: TestContext, file: string, options: Partial<Parameters<typeof migrateCirrus>[2]>) {
  const log = t.mock.method(console, "log", () => {});
  try {
    const status = await migrateCirrus(t.signal, file, { ci: "buildkite", ...options });
    return { status, stdout: log.mock.calls.map((call) => call.arguments.join(" ")).join("\n") };
  } finally {
    log.mock.restore();
  }
}

test("without --write it prints what it would write, writes nothing, and exits with 4 for what is left", (t) => {
  const { folder } = project(t);
  const { status, stdout } = fleet(folder);
  equal(status, 4);
  match(stdout, /--- pipeline\.yml\n[\s\S]*queue: macos-sequoia-base\n[\s\S]*--- settings\.yaml\n/);
  match(stdout, /\.cirrus\.yml:2 pools\.macos-sequoia-base\.hosts\n {2}.*\n {2}By hand: /);
  deepEqual(readdirSync(folder), [".cirrus.yml"]);
});

test("with the pools of a stack that serve everything it exits with 0", async (t) => {
  const { folder, file } = project(t);
  const production = readFileSync(path.join(repositoryRoot, "Pulumi.production.yaml"), "utf8");
  const own = "    - { name: office, ci: buildkite, organization: example-org, queue: office-vms }\n";
  const stack = production
    .replace(/ {4}- \{ name: github,/, `${own}$&`)
    .replace(/(name: office\n\s+kind: tart\n\s+runner: )buildkite/, "$1office");
  writeFileSync(path.join(folder, "Pulumi.office.yaml"), stack);
  const { status, stdout } = await run(t, file, { stack: "office", cwd: folder });
  match(stdout, /main -> queue office-vms, pool office\n\nEverything was turned\./);
  equal(status, 0);
});

test("--write makes the files once, and again only with --force", async (t) => {
  const { file, out } = project(t);
  const options = { ci: "github", write: out } as const;
  const first = await run(t, file, options);
  match(first.stdout, /Written: .*out\/workflow\.yml, .*out\/settings\.yaml$/);
  writeFileSync(path.join(out, "workflow.yml"), "mine\n");
  rmSync(path.join(out, "settings.yaml"));
  await rejects(run(t, file, options), /out\/workflow\.yml: already there, so nothing was written\.\n {2}.*--force/);
  deepEqual(readdirSync(out), ["workflow.yml"]);
  equal((await run(t, file, { ...options, force: true })).status, 4);
  match(readFileSync(path.join(out, "workflow.yml"), "utf8"), /runs-on:\n {6}group: macos-sequoia-base/);
});

test("--json says the same for scripts", async (t) => {
  const { file, out } = project(t);
  const { stdout, status } = await run(t, file, { json: true });
  const { tasks, leftOvers, files, written } = JSON.parse(stdout);
  const namesIn = (list: { name: string }[]) => list.map(({ name }) => name);
  equal(status, 4);
  deepEqual(tasks, [
    { line: 1, label: "main", pool: "macos-sequoia-base", existing: false, queue: "macos-sequoia-base" },
  ]);
  deepEqual(
    leftOvers.map(({ what }: { what: string }) => what),
    ["pools.macos-sequoia-base.hosts"],
  );
  deepEqual([namesIn(files), written, existsSync(out)], [["pipeline.yml", "settings.yaml"], [], false]);
});

test("what can't be read is said with its place", async (t) => {
  const { file, folder } = project(t, "env: {}\n");
  await rejects(run(t, file, {}), /\.cirrus\.yml: line 1: there is no task in it\.$/);
  await rejects(run(t, path.join(folder, "no.yml"), {}), /no\.yml: there is no such file\.\n/);
});

const refused: [name: string, args: string[], why: RegExp][] = [
  ["a file that is no YAML", [], /^\.cirrus\.yml: this is not YAML\.\n.*line 2/],
  ["a CI system that is none", ["--ci", "jenkins"], /Allowed choices are buildkite, github/],
];

for (const [name, args, why] of refused)
  test(`${name}: exit code 1, one clear message and nothing else`, (t) => {
    const { status, stdout, stderr } = fleet(project(t, "task: [\n").folder, ...args);
    deepEqual([status, stdout], [1, ""]);
    match(stderr, why);
    equal(stderr.includes("    at "), false);
  });
