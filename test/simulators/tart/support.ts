import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { localExec } from "../../../drivers/exec/local.ts";
import type { Command, Exec, Output } from "../../../drivers/exec/types.ts";
import { type RegistryServer, startRegistry } from "../../../simulators/registry/server.ts";
import type { Fault } from "../../../simulators/tart/faults.ts";
import { tart } from "../../../simulators/tart/program.ts";
import { VmFolder } from "../../../simulators/tart/vm.ts";

const root = resolve(import.meta.dirname, "../../..");

/** Where the simulated program is. */
export const tartBin = join(root, "simulators/tart/bin");

/** A Mac's user with a `$TART_HOME` in a temporary folder. */
export interface SimulatedUser {
  home: string;
  tartHome: string;
  env: Record<string, string>;
  /** `tart` runs inside this process, all else as a process. Quick; not for `run`, `exec` or `stop` of a running VM. */
  quick: Exec;
  /** Everything is a process. */
  real: Exec;
  vm(name: string): VmFolder;
  /** Ends when the VM's guest is up and has its address. */
  untilBooted(name: string): Promise<void>;
  setFaults(...faults: Fault[]): void;
  close(): void;
}

/** Makes a user; `env` is added to the environment of all programs. */
export async function simulatedUser(env: Record<string, string> = {}): Promise<SimulatedUser> {
  const home = mkdtempSync(join(tmpdir(), "mac-user-"));
  const tartHome = join(home, ".tart");
  await mkdir(tartHome);
  const path = `${tartBin}:${process.env.PATH}`;
  const all = { HOME: home, TART_HOME: tartHome, PATH: path, MAC_SIM_NODE: process.execPath, ...quickTimes, ...env };
  const real = localExec({ env: all });
  return {
    home,
    tartHome,
    env: all,
    real,
    quick: { where: "the simulated Mac", run: (command) => runQuick(command, all, real) },
    vm: (name) => new VmFolder(join(tartHome, "vms", name)),
    async untilBooted(name) {
      const deadline = Date.now() + 20_000;
      while (!existsSync(new VmFolder(join(tartHome, "vms", name)).booted)) {
        if (Date.now() > deadline) throw new Error(`VM ${name} did not boot`);
        await delay(10);
      }
      const { exitCode } = await callTart(["ip", name, "--wait", "20"], all);
      if (exitCode !== 0) throw new Error(`VM ${name} got no address`);
    },
    setFaults: (...faults) => writeFileSync(join(tartHome, "faults.json"), JSON.stringify(faults)),
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

const quickTimes = { TART_SIM_BOOT_MS: "1", TART_SIM_LEASE_MS: "1", TART_SIM_IP_POLL_MS: "5", TART_SIM_RETRY_MS: "1" };

/** One call inside this process, with what it wrote. */
export async function callTart(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stdin: string | Uint8Array = "",
): Promise<Output> {
  const output = { stdout: "", stderr: "" };
  const exitCode = await tart(argv, {
    env,
    out: (text) => {
      output.stdout += text;
    },
    err: (text) => {
      output.stderr += text;
    },
    stdin: () => Readable.from([Buffer.from(stdin)]),
    die: () => {
      throw new Error("a fault that ends the program needs a program of its own");
    },
  });
  return { exitCode, ...output };
}

async function runQuick(command: Command, env: Record<string, string>, real: Exec): Promise<Output> {
  const [program, ...args] = command.argv;
  if (!/(^|\/)tart$/.test(program)) return real.run(command);
  const output = await callTart(args, { ...env, ...command.env }, command.stdin);
  for (const line of output.stdout.split("\n").filter(Boolean)) command.onLine?.(line, "stdout");
  return output;
}

/** Starts the registry that `make tools` builds. */
export function testRegistry(): Promise<RegistryServer> {
  return startRegistry({ binary: process.env.MRF_REGISTRY ?? join(root, ".toolchain/bin/registry") });
}
