import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import { repositoryRoot } from "../support/tools.ts";

const folder = mkdtempSync(path.join(tmpdir(), "requirements-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs the check on a computer that has only these programs. */
function check(programs: Record<string, string>, system = "Linux") {
  const bin = mkdtempSync(path.join(folder, "bin-"));
  symlinkSync("/bin/sh", path.join(bin, "sh"));
  const all: Record<string, string> = { uname: `echo ${system}`, ...programs };
  for (const [name, body] of Object.entries(all))
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const script = path.join(repositoryRoot, "tools/requirements.sh");
  return spawnSync("/bin/sh", [script], { env: { PATH: bin }, encoding: "utf8" });
}

const everything = Object.fromEntries(
  ["node", "npm", "go", "git", "ssh", "ssh-keygen", "python3"].map((name) => [name, "exit 0"]),
);
const without = (name: string) => Object.fromEntries(Object.entries(everything).filter(([other]) => other !== name));

test("a computer that has everything is told nothing", () => {
  const { status, stderr } = check(everything);
  assert.deepEqual([status, stderr], [0, ""]);
});

for (const name of Object.keys(everything))
  test(`without ${name} it says so, with one command to type`, () => {
    const { status, stderr } = check(without(name));
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`^${name} is missing\\.\\n  Install it: sudo apt-get install -y \\S+`));
  });

test("on macOS the commands are those of macOS", () => {
  assert.match(check(without("go"), "Darwin").stderr, /brew install go/);
});

test("all that is missing is told at once", () => {
  const { stderr } = check({});
  assert.equal(stderr.match(/is missing/g)?.length, 7);
});

test("a Python without virtual environments and a Node that is too old are told too", () => {
  const { status, stderr } = check({
    ...everything,
    python3: "exit 1",
    node: '[ "$1" = --version ] && echo v18.0.0; exit 1',
  });
  assert.equal(status, 1);
  assert.match(stderr, /cannot make virtual environments/);
  assert.match(stderr, /node v18\.0\.0 is too old/);
});
