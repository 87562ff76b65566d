import { TartFailure, validationError } from "./failures.ts";
import type { Struck } from "./faults.ts";
import type { Home, World } from "./world.ts";

/** A positional argument. */
export interface ArgumentSpec {
  name: string;
  /** Takes all that follow. `passthrough` takes them unread, options too. */
  rest?: "repeating" | "optional" | "passthrough";
  optional?: true;
}

/** An option or a flag. Without `value` it is a flag. */
export interface OptionSpec {
  value?: "text" | "integer";
  short?: string;
  repeating?: true;
  hidden?: true;
}

/** What was given on the command line. */
export interface Arguments {
  positional: string[];
  flags: Set<string>;
  options: Map<string, string[]>;
}

/** One subcommand. */
export interface CommandSpec {
  name: string;
  arguments: readonly ArgumentSpec[];
  options: Readonly<Record<string, OptionSpec>>;
  /** Runs before anything else; may throw a ValidationError with the usage of the command. */
  validate?(given: Arguments, call: Call): void;
  /** @returns the exit code; nothing stands for 0 */
  run(given: Arguments, call: Call): Promise<number | undefined>;
}

/** The surroundings of one call. */
export interface Call {
  world: World;
  home: Home;
  faults: Struck;
}

/** The value of an option given at most once. */
export function option(given: Arguments, name: string): string | undefined {
  return given.options.get(name)?.at(-1);
}

/** The value of an integer option given at most once. */
export function integer(given: Arguments, name: string): number | undefined {
  const value = option(given, name);
  return value === undefined ? undefined : Number(value);
}

/** `Usage: tart <cmd> …` and the line that points at the help. */
export function usage(command: CommandSpec | undefined): string {
  if (!command) return "Usage: tart <subcommand>\n  See 'tart --help' for more information.";
  return `Usage: ${synopsis(command)}\n  See 'tart ${command.name} --help' for more information.`;
}

/** The command with its arguments and options, as help and errors show it. */
export function synopsis(command: CommandSpec): string {
  const args = command.arguments.map((a) => {
    const shown = `<${a.name}>${a.rest ? " ..." : ""}`;
    return a.optional || a.rest === "optional" ? `[${shown}]` : shown;
  });
  const options = Object.entries(command.options)
    .filter(([, spec]) => !spec.hidden)
    .map(([name, spec]) => `[--${name}${spec.value ? ` <${name}>` : ""}${spec.repeating ? " ..." : ""}]`);
  return ["tart", command.name, ...args, ...options].join(" ");
}

/**
 * Reads a command line as swift-argument-parser 1.6.1 does.
 * @throws TartFailure parse errors, exit code 64
 */
export function parse(command: CommandSpec, argv: readonly string[]): Arguments {
  const given: Arguments = { positional: [], flags: new Set(), options: new Map() };
  const queue = [...argv];
  const passthroughFrom = command.arguments.findIndex((a) => a.rest === "passthrough");
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (passthroughFrom >= 0 && given.positional.length >= passthroughFrom)
      given.positional.push(word, ...queue.splice(0));
    else if (word === "--") given.positional.push(...queue.splice(0));
    else if (word === "--help" || word === "-h") throw helpRequested(command);
    else if (word.startsWith("-") && word.length > 1) takeOption(command, given, word, queue);
    else given.positional.push(word);
  }
  checkPositional(command, given.positional);
  return given;
}

function takeOption(command: CommandSpec, given: Arguments, word: string, queue: string[]): void {
  const [head = "", attached] = word.startsWith("--") ? splitOnce(word, "=") : [word, undefined];
  if (!head.startsWith("--") && head.length > 2) {
    for (const letter of head.slice(1)) takeOption(command, given, `-${letter}`, queue);
    return;
  }
  const found = Object.entries(command.options).find(
    ([name, spec]) => head === `--${name}` || head === `-${spec.short}`,
  );
  if (!found) throw validationError(`Unknown option '${head}'`);
  const [name, spec] = found;
  if (!spec.value) {
    given.flags.add(name);
    return;
  }
  const value = attached ?? queue.shift();
  if (value === undefined) throw validationError(`Missing value for '${head} <${name}>'`);
  if (spec.value === "integer" && !/^\d+$/.test(value)) {
    throw validationError(`The value '${value}' is invalid for '${head} <${name}>'`);
  }
  given.options.set(name, [...(given.options.get(name) ?? []), value]);
}

function checkPositional(command: CommandSpec, positional: readonly string[]): void {
  const missing = command.arguments.find(
    (a, index) => !a.optional && a.rest !== "optional" && positional.length <= index,
  );
  if (missing) throw validationError(`Missing expected argument '<${missing.name}>${missing.rest ? " ..." : ""}'`);
  if (command.arguments.at(-1)?.rest) return;
  const extra = positional.slice(command.arguments.length).map((word) => `'${word}'`);
  if (extra.length === 1) throw validationError(`Unexpected argument ${extra[0]}`);
  if (extra.length > 1) throw validationError(`${extra.length} unexpected arguments: ${extra.join(", ")}`);
}

/** The end of a call that asked for help: exit code 0, and the text goes to stdout. */
export class HelpRequested extends TartFailure {}

function helpRequested(command: CommandSpec): HelpRequested {
  const options = Object.entries(command.options).filter(([, spec]) => !spec.hidden);
  const lines = options.map(([name, spec]) => `  --${name}${spec.value ? ` <${name}>` : ""}`);
  return new HelpRequested(`USAGE: ${synopsis(command)}\n\nOPTIONS:\n${lines.join("\n")}\n  -h, --help\n`, 0);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
