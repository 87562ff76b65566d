/** `make check`: everything that can be said about the code without running it. All checks run side by side. */
import { spawn } from "node:child_process";
import * as path from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";

const root = path.dirname(import.meta.dirname);
const bin = path.join(root, "node_modules/.bin");

interface Check {
  name: string;
  command: [string, ...string[]];
}

interface Outcome {
  name: string;
  passed: boolean;
  seconds: number;
  output: string;
}

function houseTest(name: string, file: string): Check {
  return { name, command: [process.execPath, "--test", "--test-reporter=dot", `test/house/${file}.test.ts`] };
}

const checks: Check[] = [
  { name: "types (tsc)", command: [path.join(bin, "tsc"), "-p", "."] },
  { name: "format and lint (biome)", command: [path.join(bin, "biome"), "check", "--error-on-warnings"] },
  houseTest("rooms and file lengths", "arrows"),
  houseTest("shell scripts (shellcheck)", "scripts"),
  houseTest("workflows (actionlint)", "workflows"),
];

async function run({ name, command }: Check): Promise<Outcome> {
  const started = performance.now();
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<boolean>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code === 0));
  });
  const [passed, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { name, passed, seconds: (performance.now() - started) / 1000, output: stdout + stderr };
}

function report({ name, passed, seconds, output }: Outcome): boolean {
  console.log(`${passed ? "ok    " : "FAILED"} ${name.padEnd(28)} ${seconds.toFixed(1).padStart(5)} s`);
  if (!passed) console.log(output.replace(/^(?=.)/gm, "       "));
  return passed;
}

const results = await Promise.all(checks.map(async (check) => report(await run(check))));
process.exitCode = results.every(Boolean) ? 0 : 1;
