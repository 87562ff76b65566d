import { parseArgs } from "node:util";
import type { Job } from "./job.ts";
import type { Status } from "./keeper.ts";

/** A job that is loaded. */
export interface Loaded {
  domain: string;
  plistPath: string;
  job: Job;
  status: Status;
}

/** The launchd that `launchctl` speaks to, as its caller sees it. */
export interface Launchd {
  isRoot: boolean;
  uid: number;
  /** True while somebody is logged in at the screen. */
  hasScreen: boolean;
  loaded(): Loaded[];
  /** Throws when the property list will not do. */
  labelIn(plistPath: string): Promise<string>;
  load(domain: string, plistPath: string): Promise<void>;
  unload(loaded: Loaded): Promise<void>;
  kickstart(loaded: Loaded, again: boolean): void;
  isDisabled(target: string): boolean;
  setDisabled(target: string, isDisabled: boolean): void;
}

/** What a program printed, and how it ended. */
export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Ends the program with what launchctl prints and its exit code. */
class Refusal extends Error {
  readonly exitCode: number;

  constructor(text: string, exitCode: number) {
    super(text);
    this.exitCode = exitCode;
  }
}

type Say = (line: string) => void;

const commands: Record<string, (launchd: Launchd, args: string[], say: Say) => void | Promise<void>> = {
  bootstrap,
  bootout,
  print,
  kickstart,
  list,
  enable: (launchd, [target = ""]) => launchd.setDisabled(target, false),
  disable: (launchd, [target = ""]) => launchd.setDisabled(target, true),
};

/** Runs one `launchctl` command: the subcommands that a fleet uses, with macOS's texts and exit codes. */
export async function launchctl(launchd: Launchd, [name = "", ...args]: string[]): Promise<Outcome> {
  const lines: string[] = [];
  const stdout = () => lines.map((line) => `${line}\n`).join("");
  try {
    const command = commands[name];
    if (!command) throw new Refusal(`Unrecognized subcommand: ${name}`, 64);
    await command(launchd, args, (line) => lines.push(line));
    return { exitCode: 0, stdout: stdout(), stderr: "" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { exitCode: error.exitCode, stdout: stdout(), stderr: `${error.message}\n` };
  }
}

async function bootstrap(launchd: Launchd, [domain = "", ...plists]: string[]): Promise<void> {
  if (isForbidden(launchd, domain)) throw inputOutputError();
  if (!hasDomain(launchd, domain))
    throw new Refusal("Bootstrap failed: 125: Domain does not support specified action", 125);
  for (const plistPath of plists) {
    const label = await labelIn(launchd, plistPath);
    if (launchd.isDisabled(`${domain}/${label}`)) throw new Refusal("Bootstrap failed: 119: Service is disabled", 119);
    if (find(launchd, `${domain}/${label}`)) throw inputOutputError();
    await launchd.load(domain, plistPath);
  }
}

async function bootout(launchd: Launchd, [target = "", plistPath]: string[]): Promise<void> {
  if (isForbidden(launchd, target)) throw new Refusal("Boot-out failed: 1: Operation not permitted", 1);
  const loaded = find(launchd, plistPath ? `${target}/${await labelIn(launchd, plistPath)}` : target);
  if (!loaded) throw new Refusal("Boot-out failed: 3: No such process", 3);
  await launchd.unload(loaded);
}

function print(launchd: Launchd, [target = ""]: string[], say: Say): void {
  if (/^(system|(gui|user)\/\d+)$/.test(target)) printDomain(launchd, target, say);
  else printService(launchd, target, say);
}

function printService(launchd: Launchd, target: string, say: Say): void {
  const loaded = found(launchd, target);
  const { state, pid, runs, lastExit } = loaded.status;
  const { job } = loaded;
  say(`${target} = {
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

function printDomain(launchd: Launchd, domain: string, say: Say): void {
  if (!hasDomain(launchd, domain))
    throw new Refusal("Could not print domain: 125: Domain does not support specified action", 125);
  const services = launchd.loaded().filter((loaded) => loaded.domain === domain);
  say(`${domain} = {\n\ttype = ${domain.split("/")[0]}\n\tservices = {`);
  for (const { status, job } of services) {
    say(`\t\t${String(status.pid ?? 0).padStart(8)}      - \t${job.Label}`);
  }
  say("\t}\n}");
}

function kickstart(launchd: Launchd, args: string[]): void {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { k: { type: "boolean", short: "k" }, p: { type: "boolean", short: "p" } },
  });
  launchd.kickstart(found(launchd, positionals[0] ?? ""), values.k === true);
}

function list(launchd: Launchd, [label]: string[], say: Say): void {
  const mine = launchd.loaded().filter((loaded) => loaded.domain === domainOfCaller(launchd));
  if (label === undefined) {
    const rows = mine.map(({ status: { pid, lastExit }, job }) => {
      return `${pid ?? "-"}\t${Number.parseInt(lastExit, 10) || 0}\t${job.Label}`;
    });
    say(["PID\tStatus\tLabel", ...rows].join("\n"));
    return;
  }
  const loaded = mine.find(({ job }) => job.Label === label);
  if (!loaded) throw new Refusal(`Could not find service "${label}" in domain for port`, 113);
  const { pid, lastExit } = loaded.status;
  const status = `\t"LastExitStatus" = ${Number.parseInt(lastExit, 10) || 0};`;
  say(`{\n\t"Label" = "${label}";\n${status}${pid ? `\n\t"PID" = ${pid};` : ""}\n};`);
}

/** Every reason for which macOS would not take a property list comes out as the same five words. */
async function labelIn(launchd: Launchd, plistPath: string): Promise<string> {
  try {
    return await launchd.labelIn(plistPath);
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

function find(launchd: Launchd, target: string): Loaded | undefined {
  const { domain, label } = parseTarget(target);
  return launchd.loaded().find((loaded) => loaded.domain === domain && loaded.job.Label === label);
}

function found(launchd: Launchd, target: string): Loaded {
  const loaded = find(launchd, target);
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
function isForbidden({ isRoot }: Launchd, target: string): boolean {
  return target.split("/")[0] === "system" && !isRoot;
}

/** `gui/<uid>` is there only while its user is logged in at the screen. */
function hasDomain({ uid, hasScreen }: Launchd, domain: string): boolean {
  const [kind, id] = domain.split("/");
  if (kind === "system") return true;
  return Number(id) === uid && (kind === "user" || (kind === "gui" && hasScreen));
}

function domainOfCaller(launchd: Launchd): string {
  if (launchd.isRoot) return "system";
  const screen = `gui/${launchd.uid}`;
  return hasDomain(launchd, screen) ? screen : `user/${launchd.uid}`;
}
