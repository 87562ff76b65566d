import { equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { readRepositoryFile } from "../support/files.ts";
import { repositoryRoot } from "../support/tools.ts";

const page = readRepositoryFile("docs/runbook.md");
const planned = ["silent", "floor", "launches fail", "failed", "scrub", "hard limit", "disk"];

test("the runbook says what to do for each alarm", () => {
  const heads = [...page.matchAll(/^## (Alarm: .*)$/gm)].map(([, head]) => head).join("\n");
  for (const subject of planned) match(heads, new RegExp(subject));
});

test("every pool command of the runbook is one that the program runs", () => {
  const commands = [...page.matchAll(/(scripts\/fleet pool [^`\n]+)/g)].map(([, command = ""]) => command.trim());
  ok(commands.length > 15);
  // A stack without a file ends each command after its arguments have been understood and before anything is asked.
  for (const command of new Set(commands)) {
    const [program = "", ...args] = command.replace("--stack staging", "--stack no-such-stack").split(/\s+/);
    const said = failure(program, args);
    match(said, /Pulumi\.no-such-stack\.yaml: there is no such file/, command);
  }
  equal(commands.filter((command) => !command.includes("--stack")).length, 0);
});

function failure(program: string, args: readonly string[]): string {
  try {
    execFileSync(program, args, { cwd: repositoryRoot, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    return String((error as { stderr: string }).stderr);
  }
  return "";
}
