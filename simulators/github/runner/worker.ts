/** Runner.Worker: runs one job, between its two hooks. The job comes by stdin, as JSON; the exit status is its result. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { text } from "node:stream/consumers";

const { command, folder } = JSON.parse(await text(process.stdin)) as { command: string; folder: string };
mkdirSync(folder, { recursive: true });

/** Runs a shell line where the job works; true when it ended well. */
function run(line: string): boolean {
  return (
    spawnSync("/bin/sh", ["-e", "-c", line], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] }).status === 0
  );
}

function hook(name: "STARTED" | "COMPLETED"): boolean {
  const path = process.env[`ACTIONS_RUNNER_HOOK_JOB_${name}`];
  return path === undefined || run(`"${path}"`);
}

// The second hook runs whatever happened before it.
const isGood = hook("STARTED") && run(command);
process.exitCode = hook("COMPLETED") && isGood ? 0 : 1;
