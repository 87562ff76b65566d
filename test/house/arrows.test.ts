import { deepEqual } from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { readRepositoryFile, repositoryFiles } from "../support/files.ts";

/** Which other rooms each room may import. `test` is missing: it may import anything. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  model: [],
  drivers: ["model"],
  components: ["model", "drivers", "host"],
  controllers: ["model", "drivers"],
  host: ["model", "drivers"],
  scripts: ["model", "drivers", "components", "controllers", "host"],
  simulators: ["model", "drivers"],
  tools: ["model", "drivers"],
  "index.ts": ["model", "drivers", "components", "controllers", "host"],
};
const lengthLimit = 400;

const sources = repositoryFiles().filter((file) => file.endsWith(".ts"));

/** The room of a file: its top folder, or the file itself when it is in the root. */
function roomOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function importsOf(file: string): string[] {
  const found = ts.preProcessFile(readRepositoryFile(file), true, true);
  return found.importedFiles.map((reference) => reference.fileName);
}

/** Every import that this room is not allowed, as `file -> import`. */
function wrongImports(file: string, imports: readonly string[]): string[] {
  const room = roomOf(file);
  const allowed = arrows[room];
  if (!allowed) return [];
  return imports
    .filter((name) => name.startsWith("."))
    .map((name) => path.posix.join(path.posix.dirname(file), name))
    .filter((target) => roomOf(target) !== room && !allowed.includes(roomOf(target)))
    .map((target) => `${file} -> ${target}`);
}

/** What makes an answer depend on more than its arguments: the clock, chance, the process. */
function impureParts(file: string): string[] {
  const source = ts.createSourceFile(file, readRepositoryFile(file), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random|process\.\w+)$/.test(node.getText(source)))
      found.push(`${file}: ${node.getText(source)}`);
    if (ts.isNewExpression(node) && node.expression.getText(source) === "Date" && !node.arguments?.length)
      found.push(`${file}: new Date()`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const purePackages = new Set(["zod", "node:path", "node:crypto", "node:assert", "node:util"]);

test("imports between rooms follow the arrows", () => {
  deepEqual(
    sources.flatMap((file) => wrongImports(file, importsOf(file))),
    [],
  );
});

test("the arrows themselves: a few imports and what is thought of them", () => {
  deepEqual(wrongImports("model/a.ts", ["./b.ts", "../drivers/c.ts"]), ["model/a.ts -> drivers/c.ts"]);
  deepEqual(wrongImports("drivers/a/b.ts", ["../../model/c.ts", "zod"]), []);
  deepEqual(wrongImports("components/a.ts", ["../simulators/b.ts"]), ["components/a.ts -> simulators/b.ts"]);
  deepEqual(wrongImports("index.ts", ["./scripts/a.ts"]), ["index.ts -> scripts/a.ts"]);
});

test("every TypeScript file is in a room", () => {
  const rooms = [...Object.keys(arrows), "test"];
  deepEqual(
    sources.filter((file) => !rooms.includes(roomOf(file))),
    [],
  );
});

test("the model knows no clock, no chance and no outside world", () => {
  const model = sources.filter((file) => roomOf(file) === "model");
  deepEqual(
    model.flatMap((file) => importsOf(file).filter((name) => !name.startsWith(".") && !purePackages.has(name))),
    [],
  );
  deepEqual(model.flatMap(impureParts), []);
});

test(`no file is longer than ${lengthLimit} lines`, () => {
  const long = sources.map((file) => ({ file, lines: readRepositoryFile(file).split("\n").length - 1 }));
  deepEqual(
    long.filter(({ lines }) => lines > lengthLimit),
    [],
  );
});
