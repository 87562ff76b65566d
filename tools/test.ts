/** Runs every check and every test: first the quick ones, then those on the real engine, one file after the other. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const root = path.dirname(import.meta.dirname);
/** Test files at once. The machine that this is planned for has two cores, and most tests wait for processes. */
const filesAtOnce = 3;

interface Count {
  passed: number;
  failed: number;
}

async function runFiles(title: string, files: string[], concurrency: number): Promise<Count> {
  console.log(`\n== ${title} (${files.length} files)`);
  const count: Count = { passed: 0, failed: 0 };
  const stream = run({ files: files.toSorted(), concurrency, cwd: root });
  stream.on("test:summary", ({ file, counts, success }) => {
    if (file !== undefined) return;
    count.passed = counts.passed;
    // A file that ends badly without a failed test fails all the same.
    count.failed = Math.max(counts.tests - counts.passed - counts.skipped - counts.todo, success ? 0 : 1);
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(text);
  return count;
}

const started = Date.now();
console.log("== Checks");
const checks = spawnSync(process.execPath, [path.join(root, "tools/check.ts")], { stdio: "inherit", cwd: root });
const inRooms = (pattern: string) => globSync(pattern, { cwd: root }).map((file) => path.join(root, file));
const everything = inRooms("test/**/*.test.ts");
const engine = inRooms("test/e2e/**/*.test.ts");
const counts = [
  await runFiles(
    "Rooms",
    everything.filter((file) => !engine.includes(file)),
    filesAtOnce,
  ),
  await runFiles("On the real engine", engine, 1),
];
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0) + (checks.status === 0 ? 0 : 1);
console.log(`\nEverything took ${Math.round((Date.now() - started) / 1000)} s.`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
