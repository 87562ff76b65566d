/** The simulated `launchctl`: the subcommands that a fleet uses, with macOS's texts and exit codes. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findJob, type LoadedJob, loadedJobs, loadJob, readStatus, signalSupervisor, unloadJob } from "./jobs.ts";

const root = process.env.MAC_SIM_ROOT ?? "";

/** Ends the program with what launchctl prints and its exit code. */
class Refusal extends Error {
  readonly exitCode: number;

  constructor(text: string, exitCode: number) {
    super(text);
    this.exitCode = exitCode;
  }
}

const commands: Record<string, (args: string[]) => void | Promise<void>> = {
  bootstrap,
  bootout,
  print,
  kickstart,
  list,
  enable: ([target]) => setDisabled(target, false),
  disable: ([target]) => setDisabled(target, true),
};

try {
  const [name = "", ...args] = process.argv.slice(2);
  const command = commands[name];
  if (!command) throw new Refusal(`Unrecognized subcommand: ${name}`, 64);
  await command(args);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

async function bootstrap([domain = "", ...plists]: string[]): Promise<void> {
  if (isForbidden(domain)) throw inputOutputError();
  if (!hasDomain(domain)) throw new Refusal("Bootstrap failed: 125: Domain does not support specified action", 125);
  for (const plistPath of plists) {
    const label = await labelIn(plistPath);
    if (existsSync(disabledFile(`${domain}/${label}`)))
      throw new Refusal("Bootstrap failed: 119: Service is disabled", 119);
    if (findJob(root, domain, label)) throw inputOutputError();
    await loadJob(root, domain, plistPath);
  }
}

async function bootout([target = "", plistPath]: string[]): Promise<void> {
  if (isForbidden(target)) throw new Refusal("Boot-out failed: 1: Operation not permitted", 1);
  const loaded = plistPath ? findJob(root, target, await labelIn(plistPath)) : find(target);
  if (!loaded) throw new Refusal("Boot-out failed: 3: No such process", 3);
  const { readFaults } = await import("../faults.ts");
  await unloadJob(loaded, !readFaults(root).bootoutReturnsEarly);
}

function print([target = ""]: string[]): void {
  if (/^(system|(gui|user)\/\d+)$/.test(target)) printDomain(target);
  else printService(target);
}

function printService(target: string): void {
  const loaded = found(target);
  const { state, pid, runs, lastExit } = readStatus(loaded.folder);
  const { job } = loaded;
  console.log(`${target} = {
\tactive count = ${pid ? 1 : 0}
\tpath = ${loaded.plistPath}
\ttype = ${loaded.domain === "system" ? "LaunchDaemon" : "LaunchAgent"}
\tstate = ${state}

\tprogram = ${job.ProgramArguments[0]}
\targuments = {
${job.ProgramArguments.map((argument) => `\t\t${argument}`).join("\n")}
\t}

\tstdout path = ${job.StandardOutPath}
\tstderr path = ${job.StandardErrorPath}
\tminimum runtime = ${job.ThrottleInterval}
\texit timeout = ${job.ExitTimeOut}
\truns = ${runs}${pid ? `\n\tpid = ${pid}` : ""}
\tlast exit code = ${lastExit}
}`);
}

function printDomain(domain: string): void {
  if (!hasDomain(domain))
    throw new Refusal("Could not print domain: 125: Domain does not support specified action", 125);
  const services = loadedJobs(root).filter((loaded) => loaded.domain === domain);
  console.log(`${domain} = {\n\ttype = ${domain.split("/")[0]}\n\tservices = {`);
  for (const { folder, job } of services) {
    console.log(`\t\t${String(readStatus(folder).pid ?? 0).padStart(8)}      - \t${job.Label}`);
  }
  console.log("\t}\n}");
}

function kickstart(args: string[]): void {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { k: { type: "boolean", short: "k" }, p: { type: "boolean", short: "p" } },
  });
  signalSupervisor(found(positionals[0] ?? ""), values.k ? "SIGHUP" : "SIGUSR2");
}

function list([label]: string[]): void {
  const mine = loadedJobs(root).filter((loaded) => loaded.domain === domainOfCaller());
  if (label === undefined) {
    const rows = mine.map(({ folder, job }) => {
      const { pid, lastExit } = readStatus(folder);
      return `${pid ?? "-"}\t${Number.parseInt(lastExit, 10) || 0}\t${job.Label}`;
    });
    console.log(["PID\tStatus\tLabel", ...rows].join("\n"));
    return;
  }
  const loaded = mine.find(({ job }) => job.Label === label);
  if (!loaded) throw new Refusal(`Could not find service "${label}" in domain for port`, 113);
  const { pid, lastExit } = readStatus(loaded.folder);
  const status = `\t"LastExitStatus" = ${Number.parseInt(lastExit, 10) || 0};`;
  console.log(`{\n\t"Label" = "${label}";\n${status}${pid ? `\n\t"PID" = ${pid};` : ""}\n};`);
}

function setDisabled(target = "", isDisabled: boolean): void {
  const file = disabledFile(target);
  mkdirSync(join(file, ".."), { recursive: true });
  if (isDisabled) writeFileSync(file, "");
  else rmSync(file, { force: true });
}

/** Every reason for which macOS would not take a property list comes out as the same five words. */
async function labelIn(plistPath: string): Promise<string> {
  const { readJob } = await import("./job.ts");
  try {
    return readJob(plistPath).Label;
  } catch {
    throw inputOutputError();
  }
}

function inputOutputError(): Refusal {
  return new Refusal(
    "Bootstrap failed: 5: Input/output error\nTry re-running the command as root for richer errors.",
    5,
  );
}

function find(target: string): LoadedJob | undefined {
  const { domain, label } = parseTarget(target);
  return findJob(root, domain, label);
}

function found(target: string): LoadedJob {
  const loaded = find(target);
  if (loaded) return loaded;
  const { domain, label } = parseTarget(target);
  const [kind, id] = domain.split("/");
  const where = kind === "gui" ? `user gui: ${id}` : kind === "user" ? `uid: ${id}` : "system";
  throw new Refusal(`Bad request.\nCould not find service "${label}" in domain for ${where}`, 113);
}

function parseTarget(target: string): { domain: string; label: string } {
  const match = /^(system|(?:gui|user)\/\d+)\/(.+)$/.exec(target);
  if (!match) throw new Refusal(`Unrecognized target specifier: ${target}`, 64);
  return { domain: match[1] ?? "", label: match[2] ?? "" };
}

/** Only root changes what belongs to the system. */
function isForbidden(target: string): boolean {
  return target.split("/")[0] === "system" && process.env.MAC_SIM_USER !== "root";
}

/** `gui/<uid>` is there only while its user is logged in at the screen. */
function hasDomain(domain: string): boolean {
  const [kind, id] = domain.split("/");
  if (kind === "system") return true;
  if (Number(id) !== process.getuid?.()) return false;
  return kind === "user" || (kind === "gui" && existsSync(join(root, "gui-session")));
}

function domainOfCaller(): string {
  if (process.env.MAC_SIM_USER === "root") return "system";
  const uid = process.getuid?.() ?? 0;
  return hasDomain(`gui/${uid}`) ? `gui/${uid}` : `user/${uid}`;
}

function disabledFile(target: string): string {
  return join(root, "launchd-disabled", encodeURIComponent(target));
}
