import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import process from "node:process";
import { parse, stringify } from "yaml";
import { localExec } from "../../drivers/exec/local.ts";
import { closeSshConnections, sshExec } from "../../drivers/exec/ssh.ts";
import type { Exec } from "../../drivers/exec/types.ts";
import { orkaCli } from "../../drivers/orka/cli.ts";
import { openSession } from "../../drivers/orka/session.ts";
import type { Orka } from "../../drivers/orka/types.ts";
import { type Pulumi, pulumiCli } from "../../drivers/pulumi/cli.ts";
import { type Sandbox, startSandbox, stopSandbox } from "../../simulators/sandbox/sandbox.ts";
import { repositoryRoot } from "../support/tools.ts";

/** What a program printed, and how it ended. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The blocks of a stack file, as a test changes them. */
export interface Settings {
  images: { name: string; reference?: string }[];
  pools: {
    name: string;
    instanceType?: string;
    hosts?: number | { name: string; slots?: number }[];
    vms?: { image: string; count: number }[];
    vm?: { diskGb: number };
  }[];
}

/** A simulated stack of its own, with the engine to drive it. */
export interface TestStack {
  sandbox: Sandbox;
  pulumi: Pulumi;
  /** Everything that the programs of this test printed. */
  printed: string[];
  /** Changes the stack's settings, as a person would in the file. */
  change(edit: (settings: Settings) => void): void;
  /** Does something with changed settings and puts the old ones back. */
  withChange<T>(edit: (settings: Settings) => void, work: () => Promise<T>): Promise<T>;
  /** Runs `pulumi`. */
  run(...args: string[]): Promise<Finished>;
  /** Starts `pulumi` and leaves it running, for tests that kill it. */
  start(...args: string[]): ChildProcess;
  /** Runs `fleet`. */
  fleet(...args: string[]): Promise<Finished>;
  /** Says something to the simulated AWS. */
  aws(path: string, body?: object): Promise<AwsState>;
  orka(path: string, body?: object): Promise<OrkaState>;
  /** The cluster, for what somebody does behind Pulumi's back. */
  orkaCli(): Promise<Orka>;
  /** A Mac by ssh. */
  mac(name: string): Exec;
  tartHome(mac: string): string;
  end(): Promise<void>;
}

/** As far as tests look. */
export interface AwsState {
  hosts: { hostId: string; state: string; tags: Record<string, string> }[];
  instances: { instanceId: string; state: string }[];
}

/** As far as tests look. */
export interface OrkaState {
  vms: { name: string }[];
  vmConfigs: { name: string }[];
}

/** Starts the simulators for a stack; nothing is deployed yet. */
export async function startStack(stack = "local", { ec2Rate = 0 } = {}): Promise<TestStack> {
  const folder = mkdtempSync(path.join(tmpdir(), "fleet-e2e-"));
  // The time of AWS stands still until a test moves it, and so does the controller.
  const sandbox = await startSandbox({ folder, stack, ec2Rate });
  const environment = { ...process.env, ...sandbox.environment };
  const printed: string[] = [];
  const file = path.join(folder, `Pulumi.${stack}.yaml`);

  const start = (program: string, args: string[]): ChildProcess =>
    spawn(program, args, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const run = async (program: string, args: string[]): Promise<Finished> => {
    const child = start(program, args);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    printed.push(stdout, stderr);
    return { code, stdout, stderr };
  };
  const here = localExec({ cwd: folder, env: sandbox.environment });
  const inStack = (args: string[]) => [...args, "--stack", stack, "--non-interactive"];
  const ask = async (url: string, body?: object) => {
    const init = body
      ? { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }
      : {};
    const response = await fetch(url, init);
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    const answer = await response.text();
    return answer ? JSON.parse(answer) : {};
  };

  const change = (edit: (settings: Settings) => void) => {
    const stackFile = parse(readFileSync(file, "utf8"));
    const block = (name: string) => stackFile.config[`mac-runner-fleet:${name}`];
    edit({ images: block("images"), pools: block("pools") });
    writeFileSync(file, stringify(stackFile));
  };

  return {
    sandbox,
    printed,
    pulumi: pulumiCli(here, stack),
    change,
    async withChange(edit, work) {
      const before = readFileSync(file, "utf8");
      change(edit);
      try {
        return await work();
      } finally {
        writeFileSync(file, before);
      }
    },
    run: (...args) => run("pulumi", inStack(args)),
    start(...args) {
      const child = start("pulumi", inStack(args));
      for (const stream of [child.stdout, child.stderr]) void text(stream).then((all) => printed.push(all));
      return child;
    },
    fleet: (...args) =>
      run(process.execPath, [path.join(repositoryRoot, "scripts/fleet.ts"), ...args, "-C", folder, "--stack", stack]),
    aws: (where, body) => ask(`${sandbox.addresses.ec2Url}/_sim/${where}`, body),
    orka: (where, body) => ask(`${sandbox.addresses.orkaUrl}/sim/${where}`, body),
    async orkaCli() {
      const cluster = { apiUrl: sandbox.addresses.orkaUrl, namespace: "orka-default" };
      return orkaCli(here, await openSession(here, cluster, sandbox.secrets.orkaToken));
    },
    mac(name) {
      const found = sandbox.addresses.macs.find((mac) => mac.name === name);
      if (!found) throw new Error(`no Mac ${name}`);
      const identity = { privateKey: sandbox.secrets.sshPrivateKey };
      return sshExec({ address: "127.0.0.1", port: found.port, user: "admin", hostKey: found.hostKey, identity });
    },
    tartHome: (mac) => path.join(folder, "simulated/macs", mac, "Users/admin/.tart"),
    async end() {
      await closeSshConnections();
      await stopSandbox(folder);
    },
  };
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += chunk;
  return all;
}

/** A step of `pulumi preview --json`. */
export interface Step {
  op: string;
  urn: string;
}

/** What a preview would change, `op name`, in the order of the names. Nothing that stays the same. */
export function changes(preview: Finished): string[] {
  if (preview.code !== 0) throw new Error(`the preview failed:\n${preview.stderr}\n${preview.stdout}`);
  const { steps } = JSON.parse(preview.stdout) as { steps: Step[] };
  return steps
    .filter(({ op }) => op !== "same" && op !== "create-replacement" && op !== "delete-replaced")
    .map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`)
    .toSorted();
}
