import { equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readRepositoryFile } from "../support/files.ts";
import { repositoryRoot } from "../support/tools.ts";
import { People, type PeopleStack, writeProgram } from "./pool/people.ts";

const page = readRepositoryFile("docs/runbook.md");
let people: People;
let stack: PeopleStack;

before(async () => {
  people = await People.start();
  stack = await people.stack();
  await stack.launch(await stack.allocate("mac-1"), "mac-1");
  people.aws.clock.advance(3600);
  for (const program of ["aws", "session-manager-plugin"]) writeProgram(people.folder, program, "exit 7");
});
after(() => people.close());

/** All commands of the page that begin like this, each once. */
function commandsOf(program: string): string[] {
  const found = page.matchAll(new RegExp(`^${program} [^\\n]+|\`${program} [^\`]+\``, "gm"));
  return [...new Set([...found].map(([command]) => command.replaceAll("`", "").trim()))];
}

/** This stack's Mac has no runner, its shell comes to nothing, and it has no Orka. */
const otherwise: [RegExp, number, RegExp?][] = [
  [/ drain /, 1, /no runner of it takes jobs/],
  [/ ssh /, 7],
];

test("every fleet command of the runbook runs", { timeout: 180_000 }, async () => {
  const commands = commandsOf("scripts/fleet");
  ok(commands.length > 20);
  for (const kind of ["recover", "status", "pool"]) ok(commands.some((command) => command.includes(`fleet ${kind} `)));
  for (const command of commands) {
    const { exitCode, err } = await stack.type(command.replace("scripts/fleet ", "").replace(" --stack staging", ""));
    const [, expected, said = /(?:)/] = otherwise.find(([which]) => which.test(command)) ?? ["", 0];
    equal(exitCode, expected, `${command}: ${err}`);
    match(err, said, command);
  }
});

test("every pulumi command of the runbook is one that the engine takes, with its options", () => {
  // The one that was built here, or else the person's own.
  const env = { ...process.env, PATH: `${join(repositoryRoot, ".toolchain/bin")}:${process.env.PATH}` };
  const commands = commandsOf("pulumi");
  ok(commands.length >= 4);
  for (const command of commands) {
    const [, name = "", ...words] = command.split(/\s+/);
    const help = execFileSync("pulumi", [name, "--help"], { encoding: "utf8", env });
    match(help, new RegExp(`^Usage:\\n {2}pulumi ${name}\\b`, "m"), command);
    for (const option of words.filter((word) => word.startsWith("--")))
      match(help, new RegExp(`${option}\\b`), command);
  }
});

test("the runbook says what to do for each alarm", () => {
  const heads = [...page.matchAll(/^## (Alarm: .*)$/gm)].map(([, head]) => head).join("\n");
  for (const subject of ["silent", "floor", "launches fail", "failed", "scrub", "hard limit", "disk"])
    match(heads, new RegExp(subject));
});
