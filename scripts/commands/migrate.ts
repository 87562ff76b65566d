import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { type CirrusMigration, planCirrusMigration } from "../../model/cirrus/plan.ts";
import { migrationReport } from "../../model/cirrus/report.ts";
import type { CiSystem } from "../../model/cirrus/variables.ts";
import type { Settings } from "../../model/settings.ts";
import { readCirrusFile } from "../cirrus-file.ts";
import { type RenderedFile, renderMigration } from "../cirrus-render.ts";
import { projectFolder, readSettings, stackFile } from "../stack.ts";

interface MigrateOptions {
  ci: CiSystem;
  stack?: string;
  cwd?: string;
  write?: string;
  force?: boolean;
  json?: boolean;
}

/** `fleet migrate cirrus`: exit code 0 when all was turned, 4 when something is left to do by hand. */
export async function migrateCirrus(_signal: AbortSignal, file: string, options: MigrateOptions): Promise<number> {
  const migration = plan(file, options.ci, currentSettings(options));
  const files = renderMigration(migration);
  const written = options.write === undefined ? [] : writeFiles(options.write, files, options.force === true);
  if (options.json) console.log(JSON.stringify({ ...migration, files, written }, undefined, 2));
  else console.log(describe(file, migration, files, written));
  return migration.leftOvers.length === 0 ? 0 : 4;
}

function currentSettings({ stack, cwd }: MigrateOptions): Settings | undefined {
  if (stack === undefined) return undefined;
  return readSettings(stackFile(projectFolder(cwd === undefined ? { stack } : { stack, cwd }), stack)).settings;
}

function plan(file: string, ci: CiSystem, current: Settings | undefined): CirrusMigration {
  if (!existsSync(file)) throw new Error(`${file}: there is no such file.\n  Say where the .cirrus.yml is.`);
  try {
    return planCirrusMigration(readCirrusFile(readFileSync(file, "utf8")), { ci, current });
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Writes all files or none. @throws Error when one is there already and `force` is not given */
function writeFiles(folder: string, files: readonly RenderedFile[], force: boolean): string[] {
  const targets = files.map(({ name, text }) => ({ file: path.join(folder, name), text }));
  const taken = targets.filter(({ file }) => existsSync(file));
  if (taken.length > 0 && !force)
    throw new Error(
      `${taken.map(({ file }) => file).join(", ")}: already there, so nothing was written.\n  Name another folder, or type the same command with --force.`,
    );
  mkdirSync(folder, { recursive: true });
  for (const { file, text } of targets) writeFileSync(file, text);
  return targets.map(({ file }) => file);
}

function describe(
  file: string,
  migration: CirrusMigration,
  files: readonly RenderedFile[],
  written: readonly string[],
): string {
  const report = migrationReport(migration, file);
  if (written.length > 0) return [report, `Written: ${written.join(", ")}`].join("\n\n");
  return [...files.map(({ name, text }) => `--- ${name}\n${text}`), report].join("\n");
}
