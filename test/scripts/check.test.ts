import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { repositoryRoot } from "../support/tools.ts";

const folder = mkdtempSync(path.join(tmpdir(), "fleet-check-"));
after(() => rmSync(folder, { recursive: true }));

const fleet = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(repositoryRoot, "scripts/fleet.ts"), ...args], {
    encoding: "utf8",
    cwd: folder,
  });

test("all stacks of this checkout are right, and it is said which secrets are still to be set", () => {
  const { status, stdout } = fleet("check");
  assert.equal(status, 0, stdout);
  assert.match(stdout, /Pulumi\.production\.yaml: all right, 3 pools\.\n {2}note: sshPrivateKey is not set/);
  assert.match(stdout, /Pulumi\.local\.yaml: all right, 3 pools\.\n(?! {2}note)/);
});

test("every mistake of a file is told, for people and for scripts, with exit code 1", () => {
  const right = readFileSync(path.join(repositoryRoot, "Pulumi.local.yaml"), "utf8");
  writeFileSync(
    path.join(folder, "Pulumi.bad.yaml"),
    right.replace("hosts: 2", "hosts: 0").replace("sshUser: admin", "sshUser: root"),
  );
  const told = fleet("check", "bad", "-C", folder);
  assert.equal(told.status, 1);
  assert.match(told.stdout, /Pulumi\.bad\.yaml has 2 mistakes\. Nothing was changed\./);
  const [result] = JSON.parse(fleet("check", "bad", "-C", folder, "--json").stdout);
  assert.deepEqual(
    result.problems.map((problem: { path: string }) => problem.path),
    ["pools[0].hosts", "pools[2].sshUser"],
  );
});

test("a folder without any settings is a mistake, for people and for scripts", () => {
  const empty = mkdtempSync(path.join(folder, "empty-"));
  for (const more of [[], ["--json"]]) {
    const { status, stdout, stderr } = fleet("check", "-C", empty, ...more);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(
      stderr,
      /empty-\w+ has no settings: no Pulumi\.<stack>\.yaml\.\n {2}Name the folder of Pulumi\.yaml: -C FOLDER\./,
    );
  }
});

for (const [what, text, words] of [
  ["a stack without a file", undefined, /there is no such file\.\n {2}Name a stack that has one/],
  ["a file that is not YAML", "config: [", /this is not YAML/],
] as const)
  test(`${what} is told in words`, () => {
    if (text !== undefined) writeFileSync(path.join(folder, "Pulumi.odd.yaml"), text);
    const { status, stderr } = fleet("check", "odd", "-C", folder);
    assert.equal(status, 1);
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });

test("without Pulumi it is said how to get it", () => {
  writeFileSync(path.join(folder, "Pulumi.yaml"), "name: mac-runner-fleet\nruntime: nodejs\n");
  const right = readFileSync(path.join(repositoryRoot, "Pulumi.staging.yaml"), "utf8");
  writeFileSync(path.join(folder, "Pulumi.staging.yaml"), right);
  const args = [path.join(repositoryRoot, "scripts/fleet.ts"), "status", "--stack", "staging", "-C", folder];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env: { PATH: folder } });
  assert.equal(status, 1);
  assert.match(stderr, /There is no program pulumi on PATH\.\n {2}Install Pulumi/);
});
