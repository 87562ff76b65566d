import { accountCommands } from "./account-commands.ts";
import type { Call, CliCommand } from "./command.ts";
import { callOf } from "./command.ts";
import { parseFlags, UsageError } from "./flags.ts";
import { inventoryCommands } from "./inventory-commands.ts";
import { CallError } from "./kube.ts";
import type { Environment } from "./settings.ts";
import { settingsCommands } from "./settings-commands.ts";
import { vmCommands } from "./vm-commands.ts";

/** Where the program reads and writes; in a test this need not be a process. */
export interface Terminal {
  env: Environment;
  stdin(): Promise<string>;
  out(text: string): void;
  err(text: string): void;
  /** Ends the program as SIGKILL does. */
  die(): void;
}

const COMMANDS = [...settingsCommands, ...accountCommands, ...inventoryCommands, ...vmCommands];

const ALIASES: Readonly<Record<string, string>> = {
  sa: "serviceaccount",
  ns: "namespace",
  rb: "rolebinding",
  regcred: "registrycredential",
  nodes: "node",
  images: "image",
  ic: "imagecache",
  vmc: "vm-config",
};

/** Runs one orka3 command and answers its exit code: 0, or 1 with the error on stderr. */
export async function runOrka3(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { command, rest } = findCommand(argv);
    const parsed = parseFlags(rest, command.flags);
    if (parsed.flags.help) {
      terminal.out(`Usage:\n  orka3 ${command.usage} [flags]\n`);
      return 0;
    }
    checkUse(command, parsed.args, parsed.flags);
    const call: Call = callOf(parsed, terminal);
    await command.run(call);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof CallError)) throw error;
    terminal.err(`Error: ${error.message}\n`);
    return 1;
  }
}

/** Finds the longest command that the first words name. @throws UsageError */
function findCommand(argv: readonly string[]): { command: CliCommand; rest: readonly string[] } {
  const words = argv.slice(0, 2).map((word, i) => (i === 0 ? (ALIASES[word] ?? word) : word));
  for (const depth of [2, 1]) {
    const path = words.slice(0, depth).join(" ");
    const command = COMMANDS.find((c) => nameOf(c) === path);
    if (command) return { command, rest: argv.slice(depth) };
  }
  const group = COMMANDS.some((c) => nameOf(c).split(" ")[0] === words[0]);
  throw group
    ? new UsageError(`unknown command "${argv[1] ?? ""}" for "orka3 ${words[0]}"`)
    : new UsageError(`unknown command "${argv[0] ?? ""}" for "orka3"`);
}

function nameOf(command: CliCommand): string {
  return command.usage.replace(/ [A-Z[].*$/, "");
}

function checkUse(command: CliCommand, args: string[], flags: Record<string, string>): void {
  const missing = (command.required ?? []).filter((name) => flags[name] === undefined);
  if (missing.length > 0) {
    throw new UsageError(`required flag(s) ${missing.map((name) => `"${name}"`).join(", ")} not set`);
  }
  const [least, most] = command.args;
  if (args.length >= least && args.length <= most) return;
  if (least === most) throw new UsageError(`accepts ${least} arg(s), received ${args.length}`);
  if (args.length < least) throw new UsageError(`requires at least ${least} arg(s), only received ${args.length}`);
  throw new UsageError(`accepts at most ${most} arg(s), received ${args.length}`);
}
