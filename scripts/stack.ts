import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { parseEnv } from "node:util";
import { parse } from "yaml";
import { formatProblems, parseSettings, type RawSettings, type Settings } from "../model/settings.ts";
import { readStackFile } from "../model/stack-file.ts";

/** The folder of Pulumi.yaml. */
export const projectFolder = path.dirname(import.meta.dirname);

/** What the demo left for whoever wants to look further: how to reach its simulators, and its settings. */
const demo = {
  environment: path.join(projectFolder, ".local/demo/environment"),
  settings: path.join(projectFolder, ".local/demo/Pulumi.local.yaml"),
};

/** How a person names a stack on the command line. */
export interface StackOptions {
  stack: string;
  configFile?: string;
}

/**
 * Where the settings of a stack are. The local stack's are those of the running demo, in whose surroundings this
 * process is put: its tools on PATH, its state, its simulators.
 */
export function enterStack({ stack, configFile }: StackOptions): string | undefined {
  if (stack !== "local" || configFile || !existsSync(demo.environment)) return configFile;
  Object.assign(process.env, parseEnv(readFileSync(demo.environment, "utf8")));
  return demo.settings;
}

/** The file of a stack, for messages and for reading. */
export function stackFile({ stack, configFile }: StackOptions): string {
  return configFile ?? path.join(projectFolder, `Pulumi.${stack}.yaml`);
}

/**
 * Reads a stack file as far as it can be read without its secrets.
 * @throws Error when there is no such file or it is not YAML
 */
export function readRawSettings(file: string): RawSettings {
  if (!existsSync(file)) {
    throw new Error(
      `${file}: there is no such file.\n  Name a stack that has one, or give the file with --config-file.`,
    );
  }
  try {
    return readStackFile(parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Error(`${file}: this is not YAML.\n  ${error instanceof Error ? error.message : error}`);
  }
}

/** The settings of a stack. @throws Error with every mistake in them */
export function readSettings(file: string): { settings: Settings; raw: RawSettings } {
  const raw = readRawSettings(file);
  const parsed = parseSettings(raw);
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems, path.basename(file)));
  return { settings: parsed.settings, raw };
}
