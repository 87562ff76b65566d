/** Runs every check and every test at once, of the tests on the real engine one file after the other. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { inspect } from "node:util";

const root = path.dirname(import.meta.dirname);
/** Files of the rooms at once, beside one on the engine. This is planned for two cores; tests wait for processes, too. */
const filesAtOnce = 3;

interface Count {
  passed: number;
  failed: number;
}

/** How long each file took, in seconds: what to look at when the whole gets slow. */
const seconds = new Map<string, number>();

/** What has failed and why, told again at the end, where whoever looks at a long output looks first. */
const failures: string[] = [];

interface Lane {
  title: string;
  files: string[];
  /** How many files run at once. */
  concurrency: number;
  /** After so many minutes a test that waits for something fails by its name, and the others go on. */
  patienceMinutes: number;
  /** When it may show what it has to say. */
  turn: Promise<unknown>;
}

/** Runs files, and shows what they say once it is their turn. A file that does not end is ended, and counts as failed. */
async function runFiles({ title, files, concurrency, patienceMinutes, turn }: Lane): Promise<Count> {
  const count: Count = { passed: 0, failed: 0 };
  const shown = new PassThrough();
  shown.write(`\n== ${title} (${files.length} files)\n`);
  void turn.then(() => shown.pipe(process.stdout, { end: false }));
  const timeout = patienceMinutes * 60_000;
  const hanging = new AbortController();
  const { signal } = hanging;
  // A file may hang outside of its tests: a process that it has left running keeps it from ending.
  const silence = setTimeout(() => hanging.abort(new Error("this file does not end by itself")), timeout + 60_000);
  const stream = run({ files: files.toSorted(), concurrency, cwd: root, timeout, signal });
  stream.on("test:complete", () => silence.refresh());
  stream.on("test:summary", ({ file, counts, success, duration_ms }) => {
    if (file !== undefined) {
      seconds.set(path.relative(root, file), duration_ms / 1000);
      return;
    }
    clearTimeout(silence);
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
  stream.compose(new spec()).pipe(shown);
  await turn;
  await finished(shown);
  return count;
}

async function runChecks(): Promise<Count> {
  console.log("\n== Checks");
  const child = spawn(process.execPath, [path.join(root, "tools/check.ts")], { stdio: "inherit", cwd: root });
  const [status] = await once(child, "close");
  return { passed: 0, failed: status === 0 ? 0 : 1 };
}

/** What is bounded is bounded by the commit, so that all of it has its turn, and again the same when a commit is tried again. */
function seedOfCommit(): string {
  const { stdout } = spawnSync("git", ["rev-parse", "--short=6", "HEAD"], { cwd: root, encoding: "utf8" });
  return String(Number.parseInt(stdout, 16) || 1);
}

const started = Date.now();
process.env.FLEET_SEED ??= seedOfCommit();
// Hundreds of short Node programs run; a third of their time would go into compiling the same modules.
process.env.NODE_COMPILE_CACHE ??= path.join(root, ".toolchain/compile-cache");
console.log(
  process.env.FLEET_TESTS === "all"
    ? "Everything, nothing bounded."
    : `The heavy proofs run in part: FLEET_SEED=${process.env.FLEET_SEED} runs this part again, make test-all all of them.`,
);
const checks = runChecks();
const inRooms = (pattern: string) => globSync(pattern, { cwd: root }).map((file) => path.join(root, file));
const everything = inRooms("test/**/*.test.ts");
const engine = inRooms("test/e2e/**/*.test.ts");
const rooms = everything.filter((file) => !engine.includes(file));
const ofRooms = runFiles({
  title: "Rooms",
  files: rooms,
  concurrency: filesAtOnce,
  patienceMinutes: 10,
  turn: checks,
});
const ofEngine = runFiles({
  title: "On the real engine, run meanwhile",
  files: engine,
  concurrency: 1,
  patienceMinutes: 15,
  turn: ofRooms,
});
const counts = await Promise.all([checks, ofRooms, ofEngine]);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
const slowest = [...seconds].toSorted((a, b) => b[1] - a[1]).slice(0, 10);
console.log(
  `\n== The slowest files\n${slowest.map(([file, s]) => `${s.toFixed(0).padStart(4)} s  ${file}`).join("\n")}`,
);
if (failures.length > 0) console.log(`\n== What failed\n${failures.join("\n\n")}`);
console.log(`\nEverything took ${Math.round((Date.now() - started) / 1000)} s.`);
console.log(`${passed} passed, ${failed} failed`);
// Not only the status: what a file has left running would keep this from ending.
process.exit(failed === 0 && passed > 0 ? 0 : 1);
