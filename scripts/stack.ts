import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { parseEnv } from "node:util";
import { parse } from "yaml";
import { isFailure } from "../drivers/errors.ts";
import { localExec } from "../drivers/exec/local.ts";
import { pulumiCli } from "../drivers/pulumi/cli.ts";
import { formatProblems, parseSettings, type RawSettings, type Settings } from "../model/settings.ts";
import { readStackFile } from "../model/stack-file.ts";

/** This checkout. */
export const checkout = path.dirname(import.meta.dirname);

/** Where the demo's stack lives: a project folder of its own, beside its simulators. */
const demoFolder = path.join(checkout, ".local/demo");

/** How a person names a stack on the command line. */
export interface StackOptions {
  stack: string;
  /** The folder of Pulumi.yaml. */
  cwd?: string;
}

/** The folder of Pulumi.yaml for a stack: this checkout; for the local stack the running demo's. */
export function projectFolder({ stack, cwd }: StackOptions): string {
  if (cwd) return path.resolve(cwd);
  return stack === "local" && existsSync(demoFolder) ? demoFolder : checkout;
}

/**
 * Makes the surroundings of a stack those of this process. A simulated stack keeps them in a file beside its settings:
 * its tools on PATH, its state, its simulators.
 */
export function enterProject(folder: string): void {
  const surroundings = path.join(folder, "environment");
  if (existsSync(surroundings)) Object.assign(process.env, parseEnv(readFileSync(surroundings, "utf8")));
}

/** The settings file of a stack. */
export function stackFile(folder: string, stack: string): string {
  return path.join(folder, `Pulumi.${stack}.yaml`);
}

/**
 * Reads a stack file as far as it can be read without its secrets.
 * @throws Error when there is no such file or it is not YAML
 */
export function readRawSettings(file: string): RawSettings {
  if (!existsSync(file)) {
    throw new Error(`${file}: there is no such file.\n  Name a stack that has one, or say where with -C.`);
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

/** What a stack knows once it is up. */
export interface StackState {
  /** The mark on everything that the fleet owns. */
  fleetId: string;
  /** A secret of its settings. */
  secret(name: string): string | undefined;
}

/** Asks Pulumi about a stack. @throws Error when it has not been brought up, with what to do about it */
export async function readStack(folder: string, stack: string, signal: AbortSignal): Promise<StackState> {
  const pulumi = pulumiCli(localExec({ cwd: folder }), stack, signal);
  try {
    const [{ fleetId }, config] = await Promise.all([pulumi.outputs(), pulumi.config({ showSecrets: true })]);
    if (typeof fleetId !== "string") throw new Error(`Stack ${stack} has no fleet yet.\n  ${howToBringUp(stack)}`);
    return { fleetId, secret: (name) => config[`mac-runner-fleet:${name}`]?.value };
  } catch (error) {
    if (!isFailure(error, "not-found")) throw error;
    throw new Error(`There is no stack ${stack} where Pulumi looks.\n  ${howToBringUp(stack)}`, { cause: error });
  }
}

function howToBringUp(stack: string): string {
  if (stack === "local") return "`make demo` brings it up. For a stack of yours add --stack and its name.";
  return `Bring it up first: pulumi up --stack ${stack}. If it is up, \`pulumi login\` to where its state is kept.`;
}
