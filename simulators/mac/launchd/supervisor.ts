/**
 * Looks after one job of the simulated launchd: `supervisor.ts FOLDER`. It outlives the ssh session that loaded it.
 * Signals: SIGTERM ends the job and unloads it, SIGINT the same at once; SIGUSR2 starts it if it does not run
 * (`kickstart`), SIGHUP starts it anew (`kickstart -k`).
 */
import { closeSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Job } from "./job.ts";
import { writeStatus } from "./jobs.ts";
import { Keeper } from "./keeper.ts";

const folder = process.argv[2] ?? "";
const job: Job = JSON.parse(readFileSync(join(folder, "job.json"), "utf8")).job;

const keeper = new Keeper({
  job,
  environment: process.env,
  later(seconds, act) {
    const timer = setTimeout(act, seconds * 1000);
    return () => clearTimeout(timer);
  },
  tell: (status) => writeStatus(folder, status),
  unloaded() {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  },
});

const lookSeconds = 5;
// Keeps a supervisor that has nothing to wait for, and ends one whose Mac was thrown away, disk and all.
setInterval(() => {
  if (!existsSync(folder)) keeper.unload(0);
}, lookSeconds * 1000);

process.on("SIGTERM", () => keeper.unload(job.ExitTimeOut));
process.on("SIGINT", () => keeper.unload(0));
process.on("SIGUSR2", () => keeper.kickstart(false));
process.on("SIGHUP", () => keeper.kickstart(true));
keeper.load();
closeSync(1);
