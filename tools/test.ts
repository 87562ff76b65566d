/** Runs every check and every test: first the quick ones, then those on the real engine, one file after the other. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { inspect } from "node:util";

const root = path.dirname(import.meta.dirname);
/** Test files at once. The machine that this is planned for has two cores, and most tests wait for processes. */
const filesAtOnce = 3;

interface Count {
  passed: number;
  failed: number;
}

/** How long each file took, in seconds: what to look at when the whole gets slow. */
const seconds = new Map<string, number>();

/** What has failed and why, told again at the end, where whoever looks at a long output looks first. */
const failures: string[] = [];

async function runFiles(title: string, files: string[], concurrency: number): Promise<Count> {
  console.log(`\n== ${title} (${files.length} files)`);
  const count: Count = { passed: 0, failed: 0 };
  const stream = run({ files: files.toSorted(), concurrency, cwd: root });
  stream.on("test:summary", ({ file, counts, success, duration_ms }) => {
    if (file !== undefined) {
      seconds.set(path.relative(root, file), duration_ms / 1000);
      return;
    }
    count.passed = counts.passed;
    // A file that ends badly without a failed test fails all the same.
    count.failed = Math.max(counts.tests - counts.passed - counts.skipped - counts.todo, success ? 0 : 1);
  });
  stream.on("test:fail", ({ name, file, line, details }) => {
    // A suite, or a file, fails for a test in it, which has told its own reason.
    if ((details.error as { failureType?: string }).failureType === "subtestsFailed") return;
    const where = file === undefined ? "" : ` (${path.relative(root, file)}:${line})`;
    failures.push(`✖ ${name}${where}\n${inspect(details.error.cause ?? details.error)}`);
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(text);
  return count;
}

/** What is bounded is bounded by the commit, so that all of it has its turn, and again the same when a commit is tried again. */
function seedOfCommit(): string {
  const { stdout } = spawnSync("git", ["rev-parse", "--short=6", "HEAD"], { cwd: root, encoding: "utf8" });
  return String(Number.parseInt(stdout, 16) || 1);
}

const started = Date.now();
process.env.FLEET_SEED ??= seedOfCommit();
console.log(
  process.env.FLEET_TESTS === "all"
    ? "Everything, nothing bounded."
    : `The heavy proofs run in part: FLEET_SEED=${process.env.FLEET_SEED} runs this part again, make test-all all of them.`,
);
console.log("\n== Checks");
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
const slowest = [...seconds].toSorted((a, b) => b[1] - a[1]).slice(0, 10);
console.log(
  `\n== The slowest files\n${slowest.map(([file, s]) => `${s.toFixed(0).padStart(4)} s  ${file}`).join("\n")}`,
);
if (failures.length > 0) console.log(`\n== What failed\n${failures.join("\n\n")}`);
console.log(`\nEverything took ${Math.round((Date.now() - started) / 1000)} s.`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
