import { readdirSync } from "node:fs";
import * as path from "node:path";
import { formatProblems, missingSecrets, parseSettings } from "../../model/settings.ts";
import { checkout, readRawSettings, stackFile } from "../stack.ts";

interface CheckOptions {
  cwd?: string;
  json?: boolean;
}

/** `fleet check`: exit code 0 when all settings are right, 1 when any is not. @throws Error when there are none */
export async function check(_signal: AbortSignal, stacks: string[], options: CheckOptions): Promise<number> {
  const results = filesToCheck(stacks, options.cwd ?? checkout).map(checkFile);
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
  else for (const result of results) console.log(describe(result));
  return results.every((result) => result.problems.length === 0) ? 0 : 1;
}

function filesToCheck(stacks: string[], folder: string): string[] {
  const named = stacks.length > 0 ? stacks : allStacks(folder);
  if (named.length === 0)
    throw new Error(
      `${path.resolve(folder)} has no settings: no Pulumi.<stack>.yaml.\n  Name the folder of Pulumi.yaml: -C FOLDER.`,
    );
  return named.map((stack) => stackFile(folder, stack));
}

function allStacks(folder: string): string[] {
  return readdirSync(folder).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

function checkFile(file: string) {
  const raw = readRawSettings(file);
  const parsed = parseSettings(raw);
  return {
    file: path.relative(process.cwd(), file),
    problems: parsed.ok ? [] : parsed.problems,
    missingSecrets: parsed.ok && !isLocal(file) ? missingSecrets(parsed.settings, raw.secretKeys) : [],
    pools: parsed.ok ? parsed.settings.pools.length : undefined,
  };
}

/** The local stack gets its secrets from whoever simulates its world. */
function isLocal(file: string): boolean {
  return path.basename(file) === "Pulumi.local.yaml";
}

function describe({ file, problems, missingSecrets, pools }: ReturnType<typeof checkFile>): string {
  if (problems.length > 0) return formatProblems(problems, file);
  const notes = missingSecrets.map(({ name, why, command }) => `  note: ${name} is not set. ${why}\n    ${command}`);
  return [`${file}: all right, ${pools} ${pools === 1 ? "pool" : "pools"}.`, ...notes].join("\n");
}
