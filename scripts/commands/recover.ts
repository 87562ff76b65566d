import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import * as path from "node:path";
import { type ExistingAws, existingAws } from "../../drivers/aws/existing.ts";
import { localExec } from "../../drivers/exec/local.ts";
import type { Exec } from "../../drivers/exec/types.ts";
import { findRunnerGroup, runnerGroupType } from "../../drivers/github/existing.ts";
import { type LockHolder, type Pulumi, pulumiCli, StackLocked } from "../../drivers/pulumi/cli.ts";
import { mendFileBackend } from "../../drivers/pulumi/file-backend.ts";
import { endProcess, isRunning, listProcesses } from "../../drivers/system/processes.ts";
import { leftovers, planImports } from "../../model/recovery.ts";
import { projectName } from "../../model/stack-file.ts";
import { checkout, enterProject, projectFolder, readSettings, type StackOptions, stackFile } from "../stack.ts";

interface RecoverOptions extends StackOptions {
  json?: boolean;
  dryRun?: boolean;
  force?: boolean;
}

/** What a recovery found and did, in the order of doing. */
interface Recovery {
  mendedFiles: string[];
  endedProcesses: number[];
  removedLocks: LockHolder[];
  forgottenOperations: string[];
  importedResources: { urn: string; id: string }[];
}

interface Surroundings {
  exec: Exec;
  pulumi: Pulumi;
  existing: ExistingAws;
  options: RecoverOptions;
  signal: AbortSignal;
  tell: (line: string) => void;
}

/** A resource whose look-up needs another that was missing too is found one round later; the deepest chain is 3 long. */
const MaxRounds = 4;

/** `fleet recover`: exit code 0 when the stack is ready for the next `pulumi up`. */
export async function recover(signal: AbortSignal, options: RecoverOptions): Promise<number> {
  const folder = projectFolder(options);
  enterProject(folder);
  const exec = localExec({ cwd: folder });
  const pulumi = pulumiCli(exec, options.stack, signal);
  const tell = (line: string) => console.error(line);
  const mendedFiles = mendFileBackend(await pulumi.backendUrl(), projectName, options.stack, options.dryRun === true);
  for (const file of mendedFiles) tell(`cut off in the middle, and not needed: ${file}`);
  const { "aws:region": region } = await pulumi.config({ showSecrets: false });
  const surroundings = {
    exec,
    pulumi,
    existing: existingAws(region?.value ?? "us-east-1", signal),
    options,
    signal,
    tell,
  };
  const endedProcesses = await endLeftovers(surroundings);
  const settled = await settleState(surroundings);
  const importedResources = await takeOver(surroundings, settled.forgottenOperations);
  const done: Recovery = { mendedFiles, endedProcesses, ...settled, importedResources };
  if (options.json) console.log(JSON.stringify(done, undefined, 2));
  else console.log(summary(options, done));
  return 0;
}

/** An engine that was killed leaves its program and providers behind, and they go on making things that nobody records. */
async function endLeftovers({ exec, options, signal, tell }: Surroundings): Promise<number[]> {
  const found = leftovers(await listProcesses(exec, signal), checkout);
  for (const { pid, command } of found) {
    tell(
      `${options.dryRun ? "would end" : "ending"} process ${pid}, left over by a killed run: ${command.slice(0, 120)}`,
    );
    if (!options.dryRun) endProcess(pid);
  }
  return found.map(({ pid }) => pid);
}

/** Removes a dead run's lock, and its creates that were never finished. */
async function settleState({ exec, pulumi, options, signal, tell }: Surroundings) {
  const removedLocks: LockHolder[] = [];
  const { pending } = await pulumi.exportState();
  const forgottenOperations = pending.map(({ type, resource }) => `${type} ${resource.urn}`);
  for (const operation of forgottenOperations) tell(`unfinished: ${operation}`);
  if (options.dryRun) return { removedLocks, forgottenOperations };
  try {
    await pulumi.refreshAndClearPending();
  } catch (error) {
    if (!(error instanceof StackLocked)) throw error;
    if (!options.force) await refuseIfGoing(exec, error, signal);
    removedLocks.push(...error.holders);
    tell("removing the lock of a run that is gone");
    await pulumi.unlock();
    await pulumi.refreshAndClearPending();
  }
  return { removedLocks, forgottenOperations };
}

/** A lock is stale when its process is gone. On another computer that cannot be seen, so somebody has to say it. */
async function refuseIfGoing(exec: Exec, locked: StackLocked, signal: AbortSignal): Promise<void> {
  for (const { user, host, pid, since } of locked.holders) {
    const isHere = host === hostname();
    if (isHere && !(await isRunning(exec, pid, signal))) continue;
    throw new Error(
      `Stack ${locked.message.split(" ")[1]} is in use by ${user} on ${host} (process ${pid}) since ${since}.\n` +
        (isHere
          ? "  Wait until that run has ended, or end it."
          : "  This computer cannot see whether that run has ended.") +
        "\n  If you know that it is dead, type the same command with --force.",
    );
  }
}

/** Takes resources into the state that exist with the fleet's mark, or that were begun, and that no run recorded. */
async function takeOver(
  surroundings: Surroundings,
  forgottenOperations: readonly string[],
): Promise<Recovery["importedResources"]> {
  const { pulumi, existing, options, signal, tell } = surroundings;
  const imported: Recovery["importedResources"] = [];
  for (let round = 0; round < MaxRounds; round += 1) {
    signal.throwIfAborted();
    const planned = await pulumi.plannedCreates();
    const found = new Map<string, string>();
    for (const resource of planned) {
      const isBegun = forgottenOperations.includes(`creating ${resource.urn}`);
      const id =
        resource.type !== runnerGroupType
          ? await existing.find(resource.type, resource.inputs)
          : isBegun && (await findGroup(surroundings, resource.inputs));
      if (id) found.set(resource.urn, id);
    }
    if (found.size === 0) break;
    for (const [urn, id] of found) {
      tell(`${options.dryRun ? "would take over" : "taking over"} ${id}, which exists and is not recorded`);
      imported.push({ urn, id });
    }
    if (options.dryRun) break;
    await importAll(pulumi, JSON.stringify(planImports(planned, found)));
  }
  return imported;
}

/** The runner group of these inputs at GitHub, with the owner of the settings and the stack's token. */
async function findGroup(
  { pulumi, options, signal }: Surroundings,
  inputs: Record<string, unknown>,
): Promise<string | undefined> {
  const { settings } = readSettings(stackFile(projectFolder(options), options.stack));
  const runner = settings.runners.find((each) => each.ci === "github" && each.runnerGroup === inputs.name);
  const { GITHUB_API_URL, GITHUB_TOKEN } = process.env;
  const token = (await pulumi.config({ showSecrets: true }))["mac-runner-fleet:githubToken"]?.value ?? GITHUB_TOKEN;
  if (runner?.ci !== "github" || !token) return undefined;
  const access = { organization: runner.owner, token, ...(GITHUB_API_URL ? { url: GITHUB_API_URL } : {}) };
  return findRunnerGroup(access, inputs, { signal });
}

async function importAll(pulumi: Pulumi, plan: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "fleet-recover-"));
  try {
    const file = path.join(folder, "import.json");
    writeFileSync(file, plan);
    await pulumi.importResources(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summary({ stack, dryRun }: RecoverOptions, done: Recovery): string {
  const parts = [
    ...(done.mendedFiles.length > 0 ? [`${done.mendedFiles.length} half-written files removed`] : []),
    `${done.endedProcesses.length} left-over processes ended`,
    `${done.removedLocks.length} locks removed`,
    `${done.forgottenOperations.length} unfinished operations cleared`,
    `${done.importedResources.length} unrecorded resources taken over`,
  ];
  if (dryRun)
    return `Stack ${stack}: this was a dry run; nothing was changed. Whether a run has left its lock shows without --dry-run.`;
  return `Stack ${stack}: ${parts.join(", ")}. Next: pulumi up --stack ${stack}`;
}
