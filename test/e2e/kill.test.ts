import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { localExec } from "../../drivers/exec/local.ts";
import { listProcesses, type SystemProcess } from "../../drivers/system/processes.ts";
import { bounded, isWhole } from "../support/bounded.ts";
import { until } from "../support/until.ts";
import { type Finished, startStack, type TestStack } from "./stack.ts";

let stack: TestStack;

before(async () => {
  stack = await startStack();
});
after(() => stack.end());

const succeeds = (finished: Finished) =>
  assert.equal(finished.code, 0, `exit code ${finished.code}:\n${finished.stdout}\n${finished.stderr}`);

/** The part of a run that a test kills, by what its command line holds; the engine is the run itself. */
const parts = {
  engine: undefined,
  "provider process": "cmd/dynamic-provider",
  "AWS provider process": "providers/aws/main.ts",
  program: "@pulumi/pulumi/cmd/run",
} as const;

/** A moment in the middle of an `up`, as the outside world sees it, and what makes it last. */
interface Moment {
  name: string;
  prepare(): Promise<unknown>;
  reached(): Promise<boolean>;
}

interface Case {
  part: keyof typeof parts;
  moment: Moment;
}

const hostAllocated: Moment = {
  name: "while a host is allocated and its answer is on the way",
  prepare: () => stack.aws("faults", { action: "AllocateHosts", effect: "slow-answer", delayMs: 4000, times: 2 }),
  reached: async () => (await liveHosts()).length > 0,
};
const vmDeployed: Moment = {
  name: "while Orka VMs are deployed",
  prepare: async () => stack.orka("faults", { operation: "vm.create", effect: "slow", seconds: 90, times: 3 }),
  reached: async () => Object.keys((await stack.orka("state")).vms).length > 0,
};
const vmCloned: Moment = {
  name: "while Tart VMs are made",
  prepare: async () => undefined,
  reached: async () => tartVms("office-mac-1").some((name) => name.includes("slot")),
};

const everyCase: Case[] = [
  { part: "engine", moment: hostAllocated },
  { part: "engine", moment: vmDeployed },
  { part: "engine", moment: vmCloned },
  { part: "AWS provider process", moment: hostAllocated },
  { part: "provider process", moment: vmDeployed },
  { part: "provider process", moment: vmCloned },
  { part: "program", moment: vmDeployed },
  { part: "program", moment: vmCloned },
];

for (const { part, moment } of bounded(everyCase, 1))
  test(`SIGKILL of the ${part} ${moment.name}: recover and up end with exactly the declared machines`, async () => {
    await moment.prepare();
    const run = stack.start("up", "--yes", "--skip-preview");
    const ended = once(run, "exit");
    await until(moment.reached, moment.name);
    process.kill(await pidOf(part, run), "SIGKILL");
    await ended;

    succeeds(await stack.fleet("recover"));
    succeeds(await stack.run("up", "--yes", "--skip-preview"));
    await assertExactlyDeclared();
    await startOver();
  });

/** A group has no mark, so only what a run had begun with is taken over. */
if (isWhole)
  test("a runner group whose making was not recorded is taken over when a run had begun with it, and else it is not", async () => {
    succeeds(await stack.run("up", "--yes", "--skip-preview"));
    const stateFile = path.join(stack.sandbox.folder, "state/.pulumi/stacks/mac-runner-fleet/local.json");
    const recorded = JSON.parse(readFileSync(stateFile, "utf8"));
    const forget = (pending: (resource: object) => object[]) => {
      const { resources, ...rest } = recorded.checkpoint.latest;
      const group = resources.find(({ type }: { type: string }) => type.endsWith(":ActionsRunnerGroup"));
      const { id: _id, outputs: _outputs, ...begun } = group;
      const others = resources.filter((resource: unknown) => resource !== group);
      const latest = { ...rest, resources: others, pending_operations: pending(begun) };
      writeFileSync(stateFile, JSON.stringify({ ...recorded, checkpoint: { ...recorded.checkpoint, latest } }));
    };
    forget(() => []);
    assert.match((await stack.fleet("recover")).stdout, / 0 unrecorded resources taken over/);
    forget((resource) => [{ type: "creating", resource }]);
    assert.match((await stack.fleet("recover")).stdout, / 1 unrecorded resources taken over/);
    succeeds(await stack.run("preview", "--expect-no-changes"));
    await startOver();
  });

async function pidOf(part: keyof typeof parts, run: ChildProcess): Promise<number> {
  const pid = run.pid;
  assert.ok(pid);
  const sign = parts[part];
  if (!sign) return pid;
  const processes = await listProcesses(localExec());
  const found = processes.find(
    ({ command, ...seen }) => command.includes(sign) && isBelow(seen.parentPid, pid, processes),
  );
  assert.ok(found, `no ${part} runs`);
  return found.pid;
}

function isBelow(parentPid: number, ancestor: number, processes: readonly SystemProcess[]): boolean {
  if (parentPid === ancestor) return true;
  const parent = processes.find(({ pid }) => pid === parentPid);
  return parent !== undefined && parent.parentPid !== parentPid && isBelow(parent.parentPid, ancestor, processes);
}

async function assertExactlyDeclared(): Promise<void> {
  const hosts = (await liveHosts()).map(({ tags }) => tags.Name);
  assert.deepEqual(hosts.toSorted(), ["MacM1-1", "MacM1-2"]);
  const { vms, vmConfigs } = await stack.orka("state");
  assert.equal(Object.keys(vms).length, 3);
  assert.equal(Object.keys(vmConfigs).length, 3);
  for (const mac of ["office-mac-1", "office-mac-2"]) {
    const names = tartVms(mac);
    assert.equal(names.filter((name) => name.includes("slot")).length, 2, `${mac}: ${names}`);
    assert.equal(names.length, 3, `${mac} has two slots and a golden image: ${names}`);
  }
  assert.deepEqual((await stack.pulumi.exportState()).pending, []);
  succeeds(await stack.run("preview", "--expect-no-changes"));
  succeeds(await stack.fleet("status"));
}

async function liveHosts() {
  return (await stack.aws("state")).hosts.filter(({ state }) => !state.startsWith("released"));
}

function tartVms(mac: string): string[] {
  try {
    return readdirSync(path.join(stack.tartHome(mac), "vms"));
  } catch {
    return [];
  }
}

/** AWS takes the hosts back a day later, by what outlasts the stack. */
async function startOver(): Promise<void> {
  succeeds(await stack.run("destroy", "--yes", "--skip-preview"));
  await stack.aws("clock", { advanceSeconds: 26 * 3600 });
  await until(async () => (await liveHosts()).length === 0, "all hosts are released");
}
