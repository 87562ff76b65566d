import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { formatProblems, parseSettings } from "../../model/settings.ts";
import { readStackFile } from "../../model/stack-file.ts";
import { readRepositoryFile, repositoryFiles } from "../support/files.ts";
import { repositoryRoot } from "../support/tools.ts";

const pages = repositoryFiles().filter((file) => file.endsWith(".md"));

/** Commands in a page: lines of its sh blocks, and whatever stands in code marks and starts like a command. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/^[ ]*```sh\n([\s\S]*?)^[ ]*```/gm)].flatMap((block) =>
    (block[1] ?? "").split("\n"),
  );
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map((code) => code[1] ?? "");
  return [...blocks, ...inline].map((line) => line.trim().replace(/\s+#.*$/, "")).filter(Boolean);
}

const commands = pages.flatMap((page) => commandsIn(readRepositoryFile(page)).map((command) => ({ page, command })));

test("every make command in the pages exists", () => {
  const targets = [...readRepositoryFile("Makefile").matchAll(/^([a-z0-9-]+):/gm)].map((target) => target[1]);
  const named = commands.flatMap(({ page, command }) => {
    const target = /^make(?: -C \S+)? ([a-z0-9-]+)/.exec(command)?.[1];
    return target ? [{ page, target }] : [];
  });
  assert.ok(named.length > 5);
  for (const { page, target } of named) assert.ok(targets.includes(target), `${page}: make ${target}`);
});

test("every fleet command in the pages is one that the program takes", () => {
  const fleet = path.join(repositoryRoot, "scripts/fleet.ts");
  const help = (...args: string[]) => execFileSync(process.execPath, [fleet, ...args, "--help"], { encoding: "utf8" });
  const known = new Map<string, string>();
  const helpOf = (name: string): string => {
    if (!known.has(name)) known.set(name, help(...name.split(" ").filter(Boolean)));
    return known.get(name) ?? "";
  };
  /** The command that the words name, as deep as there are commands: `pool test-host list`. */
  const deepest = (words: readonly string[]): string => {
    let name = "";
    for (const word of words) {
      if (!new RegExp(`^  ${word} `, "m").test(helpOf(name).split("Commands:")[1] ?? "")) break;
      name = `${name} ${word}`.trim();
    }
    return name;
  };
  const named = commands.filter(({ command }) => command.startsWith("scripts/fleet "));
  assert.ok(named.length > 5);
  for (const { page, command } of named) {
    const [, ...words] = command.split(/\s+/);
    const name = deepest(words.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith("-")));
    const rest = words;
    for (const option of rest.filter((word) => word.startsWith("-")))
      assert.match(helpOf(name), new RegExp(`(^|\\s)${option}\\b`), `${page}: ${command}`);
  }
});

test("every path in the pages is there", () => {
  const paths = commands.filter(({ command }) =>
    /^(model|drivers|components|scripts|simulators|test|tools|docs)\/[\w./-]*$/.test(command),
  );
  assert.ok(paths.length > 10);
  for (const { page, command } of paths)
    assert.ok(existsSync(path.join(repositoryRoot, command)), `${page}: ${command}`);
});

test("links between the pages lead somewhere", () => {
  for (const page of pages)
    for (const [, target = ""] of readRepositoryFile(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g))
      assert.ok(existsSync(path.join(repositoryRoot, path.dirname(page), target)), `${page}: ${target}`);
});

test("the README's settings are right, and its mistake is told in these words", () => {
  const readme = readRepositoryFile("README.md");
  const example = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const parsed = parseSettings(readStackFile(parse(example)));
  assert.ok(parsed.ok, parsed.ok ? "" : formatProblems(parsed.problems));
  const wrong = parseSettings(readStackFile(parse(example.replace("slots: 2", "slots: 3"))));
  const told = /```text\n(pools[\s\S]*?)\n```/.exec(readme)?.[1];
  assert.ok(
    !wrong.ok && formatProblems(wrong.problems).endsWith(told ?? "nothing"),
    wrong.ok ? "" : formatProblems(wrong.problems),
  );
});
