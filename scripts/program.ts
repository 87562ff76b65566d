import { type Command, Option } from "commander";
import { check } from "./commands/check.ts";
import { migrateCirrus } from "./commands/migrate.ts";
import { addPoolCommands } from "./commands/pool/commands.ts";
import { recover } from "./commands/recover.ts";
import { status } from "./commands/status.ts";
import { explain } from "./explain.ts";

/**
 * Adds all commands of `fleet` to a program. `interrupted` ends them in order; `end` hears of a command's exit code. A
 * failure is told in words.
 */
export function addFleetCommands(program: Command, interrupted: AbortSignal, end: (exitCode: number) => void): Command {
  const run =
    <Args extends unknown[]>(command: (signal: AbortSignal, ...args: Args) => Promise<number>) =>
    async (...args: Args): Promise<void> => {
      try {
        end(await command(interrupted, ...args));
      } catch (error) {
        console.error(explain(error));
        end(1);
      }
    };
  program
    .description("Looks after a fleet of Macs for CI: EC2 Mac hosts, Orka VMs and Macs with Tart.")
    .configureHelp({ showGlobalOptions: true });

  const stack = new Option("-s, --stack <name>", "the stack, as in Pulumi.<name>.yaml").default("local");
  const cwd = new Option("-C, --cwd <folder>", "the folder of Pulumi.yaml, if it is not this checkout");
  const json = new Option("--json", "print JSON, for scripts");

  program
    .command("check")
    .description("checks the settings of a stack and prints every mistake; changes nothing")
    .argument("[stacks...]", "the stacks to check (default: each Pulumi.<stack>.yaml here)")
    .addOption(cwd)
    .addOption(json)
    .action(run(check));

  program
    .command("status")
    .description("shows every pool, host, slot and machine: what is declared and what is there")
    .addOption(stack)
    .addOption(cwd)
    .addOption(json)
    .action(run(status));

  program
    .command("recover")
    .description("brings a stack back whose run was killed: removes its lock, takes over what was made unrecorded")
    .addOption(stack)
    .addOption(cwd)
    .addOption(json)
    .option("--dry-run", "say what would be done and do nothing")
    .option("--force", "remove the lock even if the run that holds it may still be going")
    .action(run(recover));

  program
    .command("migrate")
    .description("turns the files of another CI system into settings of a fleet and jobs for it")
    .command("cirrus")
    .description("turns a .cirrus.yml into pools, queues and jobs, and says what it could not turn; changes no stack")
    .argument("[file]", "the file", ".cirrus.yml")
    .addOption(
      new Option("--ci <system>", "the CI system that the jobs move to")
        .choices(["buildkite", "github"])
        .default("buildkite"),
    )
    .option("-s, --stack <name>", "use the pools of this stack where they serve")
    .addOption(cwd)
    .option("--write <folder>", "write the pipeline or workflow and the new settings into this folder")
    .option("--force", "overwrite files that are there")
    .addOption(json)
    .addHelpText(
      "after",
      "\nExit code: 0 when all was turned, 4 when something is left to do by hand, 1 for a file that can't be read.",
    )
    .action(run(migrateCirrus));

  addPoolCommands(program, run, [stack, cwd, json]);
  pointToHelp(program, "scripts/fleet");
  return program;
}

/** A mistake is followed by where to read more about just that command. */
function pointToHelp(command: Command, usage: string): void {
  command.showHelpAfterError(`Type \`${usage} --help\` to see what there is.`);
  for (const part of command.commands) pointToHelp(part, `${usage} ${part.name()}`);
}
