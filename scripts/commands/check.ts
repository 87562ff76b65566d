import { readdirSync } from "node:fs";
import * as path from "node:path";
import { formatProblems, missingSecrets, parseSettings } from "../../model/settings.ts";
import { projectFolder, readRawSettings, stackFile } from "../stack.ts";

interface CheckOptions {
  configFile?: string;
  json?: boolean;
}

/** `fleet check`: exit code 0 when all settings are right, 1 when any is not. */
export async function check(_signal: AbortSignal, stacks: string[], options: CheckOptions): Promise<number> {
  const results = filesToCheck(stacks, options.configFile).map(checkFile);
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
  else for (const result of results) console.log(describe(result));
  return results.every((result) => result.problems.length === 0) ? 0 : 1;
}

function filesToCheck(stacks: string[], configFile: string | undefined): string[] {
  if (configFile) return [configFile];
  const named = stacks.length > 0 ? stacks : allStacks();
  return named.map((stack) => stackFile({ stack }));
}

function allStacks(): string[] {
  return readdirSync(projectFolder).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

function checkFile(file: string) {
  const raw = readRawSettings(file);
  const parsed = parseSettings(raw);
  return {
    file: path.relative(process.cwd(), file),
    problems: parsed.ok ? [] : parsed.problems,
    missingSecrets: parsed.ok ? missingSecrets(parsed.settings, raw.secretKeys) : [],
    pools: parsed.ok ? parsed.settings.pools.length : undefined,
  };
}

function describe({ file, problems, missingSecrets, pools }: ReturnType<typeof checkFile>): string {
  if (problems.length > 0) return formatProblems(problems, file);
  const notes = missingSecrets.map(({ name, why, command }) => `  note: ${name} is not set. ${why}\n    ${command}`);
  return [`${file}: all right, ${pools} ${pools === 1 ? "pool" : "pools"}.`, ...notes].join("\n");
}
