import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Command, Exec, Output } from "../../../drivers/exec/types.ts";
import { lease } from "../../../simulators/tart/leases.ts";
import { openHome } from "../../../simulators/tart/world.ts";
import type { SimulatedUser } from "../../simulators/tart/support.ts";

/** What a stand-in for launchctl does with a job. */
interface Jobs {
  start(plist: string): Promise<void>;
  stop(label: string): Promise<void>;
  has(label: string): boolean;
}

/** `launchctl` whose jobs are VMs that only seem to run: nothing but the lock and the lease, inside this process. */
export function quickLaunchd(user: SimulatedUser, exec: Exec): Exec & { jobs: Set<string> } {
  const jobs = new Set<string>();
  const vmOf = (label: string) => user.vm(label.replace("mac-runner-fleet.vm.", ""));
  return {
    jobs,
    ...withLaunchctl(exec, {
      has: (label) => jobs.has(label),
      async start(plist) {
        const { label } = readPlist(plist);
        jobs.add(label);
        const vm = vmOf(label);
        writeFileSync(vm.runLock, `${process.pid}\n`);
        const { env } = user;
        const world = { env, out() {}, err() {}, stdin: () => process.stdin, die() {} };
        await lease(openHome(env), world, vm.readConfig().macAddress, false);
      },
      async stop(label) {
        jobs.delete(label);
        rmSync(vmOf(label).runLock, { force: true });
      },
    }),
  };
}

/** `launchctl` that really starts what the property list says, once. */
export function spawningLaunchd(user: SimulatedUser): Exec & { close(): Promise<void> } {
  const jobs = new Map<string, ChildProcess>();
  const stop = async (label: string) => {
    const job = jobs.get(label);
    jobs.delete(label);
    if (job && job.exitCode === null && job.signalCode === null) {
      const ended = new Promise((resolve) => job.once("exit", resolve));
      job.kill("SIGTERM");
      await ended;
    }
  };
  const exec = withLaunchctl(user.real, {
    has: (label) => jobs.has(label),
    stop,
    async start(plist) {
      const { label, program, outLog, errorLog } = readPlist(plist);
      const [file = "", ...args] = program;
      const stdio: ["ignore", number, number] = ["ignore", openSync(outLog, "a"), openSync(errorLog, "a")];
      jobs.set(label, spawn(file, args, { stdio, env: { ...process.env, ...user.env, CI: "1" } }));
    },
  });
  return {
    ...exec,
    async close() {
      await Promise.all([...jobs.keys()].map(stop));
    },
  };
}

function withLaunchctl(exec: Exec, jobs: Jobs): Exec {
  return {
    where: exec.where,
    async run(command: Command): Promise<Output> {
      const [program, verb, target = "", plist = ""] = command.argv;
      if (program !== "launchctl") return exec.run(command);
      const label = target.split("/").at(-1) ?? "";
      if (verb === "print") return jobs.has(label) ? ok : failed(113, `Could not find service "${label}" in domain`);
      if (verb === "bootout") {
        if (!jobs.has(label)) return failed(3, "Boot-out failed: 3: No such process");
        await jobs.stop(label);
        return ok;
      }
      if (jobs.has(readPlist(plist).label)) return failed(5, "Bootstrap failed: 5: Input/output error");
      await jobs.start(plist);
      return ok;
    },
  };
}

const ok: Output = { exitCode: 0, stdout: "", stderr: "" };

function failed(exitCode: number, stderr: string): Output {
  return { exitCode, stdout: "", stderr: `${stderr}\n` };
}

/** The few values that matter, from a property list as vm-agent.plist.hbs writes it. */
export function readPlist(path: string) {
  const text = readFileSync(path, "utf8");
  const value = (key: string) => new RegExp(`<key>${key}</key>\\s*<string>([^<]*)</string>`).exec(text)?.[1] ?? "";
  const list = /<array>([\s\S]*?)<\/array>/.exec(text)?.[1] ?? "";
  return {
    label: value("Label"),
    program: [...list.matchAll(/<string>([^<]*)<\/string>/g)].map((match) => match[1] ?? ""),
    tartHome: value("TART_HOME"),
    outLog: value("StandardOutPath"),
    errorLog: value("StandardErrorPath"),
  };
}
