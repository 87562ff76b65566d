import { type Command, InvalidArgumentError, Option } from "commander";
import { drainHost, switchHost } from "./hosts.ts";
import { launchPools } from "./launch.ts";
import { runPools } from "./run.ts";
import { showPools } from "./status.ts";
import { showTimeline } from "./timeline.ts";

/** Makes an action of a command: hands it the signal that ends it, and its failure to the person. */
type Run = <Args extends unknown[]>(
  command: (signal: AbortSignal, ...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>;

const hostArgument = "the host, by its name or id";

/** Adds `fleet pool`: what a person does with EC2 Mac pools. `shared` are the options of every command. */
export function addPoolCommands(program: Command, run: Run, shared: readonly Option[]): void {
  const group = program
    .command("pool")
    .description("keeps EC2 Mac pools as they are declared, and shows why they are as they are");
  const add = (usage: string, description: string) => {
    const command = group.command(usage).description(description);
    for (const option of shared) command.addOption(option);
    return command.option("--pool <name>", "only this pool");
  };
  const dryRun = new Option("--dry-run", "say what would be done and do nothing");

  add(
    "run",
    "keeps the pools until it is interrupted: launches, watches, renews, gives back; early: Macs install no runner yet",
  )
    .addOption(dryRun)
    .action(run(runPools));
  add("status", "shows each host, what is going on there and what comes next; changes nothing")
    .addOption(
      new Option("--format <form>", "a table, or a status file of the reference pool")
        .choices(["table", "dh", "pw"])
        .default("table"),
    )
    .action(run(showPools));
  add("launch", "fills free hosts now, as far as the time between two launches allows")
    .addOption(dryRun)
    .option("--force", "fill all of them at once, with lives of different lengths")
    .action(run(launchPools));
  add("disable", "takes a host out of every loop: it is neither launched on, renewed nor ended")
    .argument("<host>", hostArgument)
    .addOption(dryRun)
    .action(run(switchHost("disable")));
  add("enable", "takes a disabled host back in, with what is on it")
    .argument("<host>", hostArgument)
    .addOption(dryRun)
    .action(run(switchHost("enable")));
  add("drain", "lets a host's runner finish its job, and then renews the Mac")
    .argument("<host>", hostArgument)
    .addOption(dryRun)
    .action(run(drainHost));
  add("timeline", "shows what was decided and done, and why")
    .argument("[host]", "only this host, by its name")
    .option("--last <count>", "how many entries of each pool", wholeNumber, 50)
    .action(run(showTimeline));
}

function wholeNumber(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("A whole number from 1 goes here.");
  return count;
}
