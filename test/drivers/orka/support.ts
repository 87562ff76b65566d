import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { Command, Exec, Output } from "../../../drivers/exec/types.ts";
import { orkaCli } from "../../../drivers/orka/cli.ts";
import { openSession } from "../../../drivers/orka/session.ts";
import type { Orka, OrkaCluster } from "../../../drivers/orka/types.ts";
import type { OrkaVmPorts } from "../../../drivers/orka/vm-actions.ts";
import { runOrka3 } from "../../../simulators/orka/cli/run.ts";
import { type Cluster, type ClusterOptions, startCluster } from "../../../simulators/orka/cluster.ts";

/** A cluster of two Macs that boots VMs at once, stopped after the tests of the file. */
export async function testCluster(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "orka-test-"));
  const cluster = await startCluster({
    stateFile: join(folder, "state.json"),
    bootSeconds: 0,
    jobSeconds: 0,
    nodes: [
      { name: "mini-1", ip: "10.221.188.11", cpu: 12, memoryGb: 64 },
      { name: "mini-2", ip: "10.221.188.12", cpu: 12, memoryGb: 64, tags: ["xcode"] },
    ],
    images: [
      { name: "sonoma-90gb", sizeGb: 90 },
      { name: "sequoia-90gb", sizeGb: 90 },
    ],
    ...options,
  });
  after(async () => {
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return cluster;
}

/** Where a cluster's default namespace is. */
export function placeOf(cluster: Cluster, namespace = "orka-default"): OrkaCluster {
  return { apiUrl: cluster.url, namespace };
}

class Killed extends Error {}

/** Runs the simulated orka3 inside this process: the same code as the program, without the cost of starting Node. */
export function inProcessExec(): Exec {
  return {
    where: "this computer",
    async run(command: Command): Promise<Output> {
      const output = { exitCode: 0, stdout: "", stderr: "" };
      const terminal = {
        env: { ...command.env },
        stdin: async () => String(command.stdin ?? ""),
        out: (text: string) => {
          output.stdout += text;
        },
        err: (text: string) => {
          output.stderr += text;
        },
        die: () => {
          throw new Killed();
        },
      };
      try {
        output.exitCode = await runOrka3(command.argv.slice(1), terminal);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        output.exitCode = 137;
      }
      return output;
    },
  };
}

/** An exec that notes every call and lets a test interfere after one was carried out. */
export function watchedExec(interfere: (count: number, command: Command) => void = () => {}) {
  const inner = inProcessExec();
  const calls: Command[] = [];
  const exec: Exec = {
    where: inner.where,
    async run(command) {
      calls.push(command);
      const output = await inner.run(command);
      interfere(calls.length, command);
      return output;
    },
  };
  return { exec, calls };
}

/** Opens the driver on a cluster. */
export async function openOrka(cluster: Cluster, exec: Exec = inProcessExec(), namespace?: string): Promise<Orka> {
  return orkaCli(exec, await openSession(exec, placeOf(cluster, namespace), cluster.token));
}

/** Ports for the life of a VM whose time passes only when it sleeps. */
export function testPorts(exec: Exec, overrides: Partial<OrkaVmPorts> = {}): OrkaVmPorts & { slept: () => number } {
  let now = 0;
  let deployments = 0;
  const run = Math.random().toString(36).slice(2);
  return {
    connect: async (cluster, token) => orkaCli(exec, await openSession(exec, cluster, token)),
    sleep: async (seconds) => {
      now += seconds;
    },
    now: () => now,
    newDeploymentId: () => `${run}-${++deployments}`,
    slept: () => now,
    ...overrides,
  };
}

/** Hands a life cycle the token, the way a stack's settings do. */
export function withToken<T extends { configure(setting: (key: string) => string | undefined): void }>(
  lifecycle: T,
  cluster: Cluster,
): T {
  lifecycle.configure((key) => (key === "orkaToken" ? cluster.token : undefined));
  return lifecycle;
}
