import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import { DriverError } from "../errors.ts";
import type { Exec, Output } from "../exec/types.ts";
import { runArguments } from "./cli.ts";
import type { Clock } from "./clock.ts";
import { type HostPlaces, readHostFileEnd, writeHostFile } from "./host-files.ts";

/** The launchd job that keeps a VM running in the session of the Mac's user. */
export interface VmAgent {
  /** `~/Library/LaunchAgents/<label>.plist`; macOS loads it at each login. */
  plist: string;
  /** Its files besides the plist. */
  logs: readonly string[];
  isLoaded(): Promise<boolean>;
  /** Writes the job and hands it to launchd, which starts the VM. @throws DriverError `no-gui-session` */
  start(): Promise<void>;
  /** Takes the job from launchd and waits until launchd has forgotten it. */
  unload(): Promise<void>;
  /** The end of the VM's error log since it was started. */
  lastWords(): Promise<string>;
}

const timeoutSeconds = 30;
const unloadSeconds = 45;

const engine = Handlebars.create();
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
engine.registerHelper("xml", (value: unknown) => String(value).replace(/[&<>]/g, (found) => entities[found] ?? ""));

/** The agent of one VM. */
export function vmAgent(exec: Exec, places: HostPlaces, vm: string, clock: Clock): VmAgent {
  const label = `mac-runner-fleet.vm.${vm}`;
  const domain = `gui/${places.uid}`;
  const plist = `${places.home}/Library/LaunchAgents/${label}.plist`;
  const [outLog, errorLog] = ["out", "err"].map((end) => `${places.home}/.mac-runner-fleet/log/${vm}.${end}`) as [
    string,
    string,
  ];
  const launchctl = (...args: string[]) => exec.run({ argv: ["launchctl", ...args], timeoutSeconds });
  const isLoaded = async () => (await launchctl("print", `${domain}/${label}`)).exitCode === 0;
  return {
    plist,
    logs: [outLog, errorLog],
    isLoaded,
    async start() {
      // What an earlier start ended with must not be taken for the end of this one.
      await writeHostFile(exec, errorLog, "");
      const program = [places.tart, ...runArguments(vm)];
      await writeHostFile(exec, plist, renderAgent({ label, program, tartHome: places.tartHome, outLog, errorLog }));
      const output = await launchctl("bootstrap", domain, plist);
      if (output.exitCode !== 0 && !(await isLoaded())) throw launchFailure(exec, label, output);
    },
    async unload() {
      const deadline = clock.now() + unloadSeconds;
      const output = await launchctl("bootout", `${domain}/${label}`);
      while (await isLoaded()) {
        if (clock.now() > deadline) throw launchFailure(exec, label, output);
        await clock.sleep(1);
      }
    },
    lastWords: () => readHostFileEnd(exec, errorLog, 20),
  };
}

/** What the job's property list says. */
export interface AgentValues {
  label: string;
  /** Absolute path and arguments. */
  program: readonly string[];
  tartHome: string;
  outLog: string;
  errorLog: string;
}

/** The property list of a VM's launchd job. Pure. */
export function renderAgent(values: AgentValues): string {
  const template = readFileSync(new URL("./vm-agent.plist.hbs", import.meta.url), "utf8");
  return engine.compile(template, { noEscape: true, strict: true })(values);
}

function launchFailure(exec: Exec, label: string, { exitCode, stderr }: Output): DriverError {
  const noSession = /Domain does not support specified action|Bootstrap failed: 125\b/.test(stderr);
  const hint = "The user is not logged in at the Mac's screen. Turn on automatic login and restart the Mac.";
  return new DriverError(`launchctl for ${label} on ${exec.where} ended with exit code ${exitCode}`, {
    vendorText: stderr,
    ...(noSession ? { kind: "no-gui-session", hint } : { kind: "failed" }),
  });
}
