/** The simulated `launchctl` of a Mac that is a folder: each job is a process of its own, and known by its files. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Launchd, launchctl } from "./commands.ts";
import { findJob, type LoadedJob, loadedJobs, loadJob, readStatus, signalSupervisor, unloadJob } from "./jobs.ts";

const root = process.env.MAC_SIM_ROOT ?? "";

const launchd: Launchd = {
  isRoot: process.env.MAC_SIM_USER === "root",
  uid: process.getuid?.() ?? 0,
  hasScreen: existsSync(join(root, "gui-session")),
  loaded: () => loadedJobs(root).map((job) => ({ ...job, status: readStatus(job.folder) })),
  async labelIn(plistPath) {
    // Loaded when needed: a schema library would double the start time of every launchctl.
    const { readJob } = await import("./job.ts");
    return readJob(plistPath).Label;
  },
  load: (domain, plistPath) => loadJob(root, domain, plistPath),
  async unload({ domain, job }) {
    const { readFaults } = await import("../faults.ts");
    const loaded = findJob(root, domain, job.Label);
    if (loaded) await unloadJob(loaded, !readFaults(root).bootoutReturnsEarly);
  },
  kickstart({ domain, job }, again) {
    const loaded: LoadedJob | undefined = findJob(root, domain, job.Label);
    if (loaded) signalSupervisor(loaded, again ? "SIGHUP" : "SIGUSR2");
  },
  isDisabled: (target) => existsSync(disabledFile(target)),
  setDisabled(target, isDisabled) {
    const file = disabledFile(target);
    mkdirSync(join(file, ".."), { recursive: true });
    if (isDisabled) writeFileSync(file, "");
    else rmSync(file, { force: true });
  },
};

const { exitCode, stdout, stderr } = await launchctl(launchd, process.argv.slice(2));
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = exitCode;

function disabledFile(target: string): string {
  return join(root, "launchd-disabled", encodeURIComponent(target));
}
