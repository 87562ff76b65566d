import { deepEqual, equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { escapeForUpload } from "../../../model/cirrus/buildkite.ts";
import type { ScriptInstruction } from "../../../model/cirrus/instructions.ts";
import { commandText, exportLines } from "../../../model/cirrus/shell.ts";
import { interpolate } from "./interpolate.ts";

function script(line: string, more: Partial<ScriptInstruction> = {}): ScriptInstruction {
  return {
    kind: "script",
    name: "step",
    line: 1,
    when: "on_success",
    lines: line.split("; "),
    background: false,
    ...more,
  };
}

function runBash(command: string): { said: string[]; status: number | null } {
  // Buildkite's agent runs a command like this, with -e; without it is the harder case.
  const { stdout, status } = spawnSync("bash", ["-c", command], { encoding: "utf8", env: { PATH: process.env.PATH } });
  return { said: stdout.split("\n").filter((line) => line !== "" && !line.startsWith("---")), status };
}

interface Case {
  name: string;
  scripts: ScriptInstruction[];
  said: string[];
  status: number;
}

const onFailure = { when: "on_failure" } as const;
const always = { when: "always" } as const;

const cases: Case[] = [
  {
    name: "scripts run in their order",
    scripts: [script("echo a; echo b"), script("echo c")],
    said: ["a", "b", "c"],
    status: 0,
  },
  {
    name: "the first line that fails ends the task",
    scripts: [script("echo a; false; echo b"), script("echo c")],
    said: ["a"],
    status: 1,
  },
  {
    name: "a script's variables end with it",
    scripts: [script("X=1; export X"), script('echo "x=$X"')],
    said: ["x="],
    status: 0,
  },
  {
    name: "a script's folder ends with it",
    scripts: [script("cd /"), script('[ "$PWD" = / ] || echo elsewhere')],
    said: ["elsewhere"],
    status: 0,
  },
  {
    name: "after a failure: on_failure and always, nothing else",
    scripts: [
      script("echo a; exit 3; echo b"),
      script("echo failed", onFailure),
      script("echo c"),
      script("echo always", always),
    ],
    said: ["a", "failed", "always"],
    status: 3,
  },
  {
    name: "without a failure: no on_failure",
    scripts: [script("echo a"), script("echo failed", onFailure), script("echo always", always)],
    said: ["a", "always"],
    status: 0,
  },
  {
    name: "on_failure answers only to what failed before it",
    scripts: [script("echo a"), script("echo failed", onFailure), script("exit 4"), script("echo always", always)],
    said: ["a", "always"],
    status: 4,
  },
  {
    name: "lines of on_failure stop at the first that fails, and the first failure is the result",
    scripts: [script("exit 5"), script("echo x; exit 6; echo y", onFailure), script("exit 7", always)],
    said: ["x"],
    status: 5,
  },
  {
    name: "a failing always fails the task",
    scripts: [script("echo a"), script("exit 7", always)],
    said: ["a"],
    status: 7,
  },
  {
    name: "a background script is not waited for and does not outlive the task",
    scripts: [script("sleep 600; echo woken", { background: true }), script("echo a")],
    said: ["a"],
    status: 0,
  },
];

for (const { name, scripts, said, status } of cases)
  test(name, () => deepEqual(runBash(commandText([], scripts)), { said, status }));

test("computed variables are worked out by the shell, and nothing in them is run", () => {
  const lines = exportLines([
    ["SDK", `\${HOME}/sdk`],
    ["TOOLS", '$SDK/bin "quoted" `id` $(id) 100% $ \\n'],
  ]);
  const { said } = runBash(["HOME=/Users/admin", ...lines, `printf '%s' "$TOOLS"`].join("\n"));
  deepEqual(said, ['/Users/admin/sdk/bin "quoted" `id` $(id) 100% $ \\n']);
});

const uploads = [
  "plain",
  "$HOME",
  `\${HOME:-x}`,
  "$(date)",
  "cost: 5$",
  "\\$HOME",
  "\\\\$HOME",
  "\\\\\\$0",
  "$$",
  "a\\b",
  "$",
];
for (const text of uploads)
  test(`pipeline upload hands on ${text}`, () => equal(interpolate(escapeForUpload(text)), text));

test("pipeline upload hands on any text", () => {
  const tricky = fc.string({ unit: fc.constantFrom("$", "\\", "{", "}", "(", "A", "_", "-", " ", "0") });
  fc.assert(fc.property(tricky, (text) => interpolate(escapeForUpload(text)) === text));
});
