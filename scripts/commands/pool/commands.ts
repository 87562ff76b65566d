import { type Command, InvalidArgumentError, Option } from "commander";
import { showCosts } from "./costs.ts";
import { drainHost, switchHost } from "./hosts.ts";
import { launchPools } from "./launch.ts";
import { runPools } from "./run.ts";
import { setUpPools } from "./setup.ts";
import { openShell } from "./ssh.ts";
import { showPools } from "./status.ts";
import { sweepPools } from "./sweep.ts";
import { createTestHost, listTestHosts, releaseTestHost } from "./test-host.ts";
import { showTimeline } from "./timeline.ts";
import { showUtilization } from "./utilization.ts";

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
  const addTo = (parent: Command, usage: string, description: string) => {
    const command = parent.command(usage).description(description);
    for (const option of shared) command.addOption(option);
    return command.option("--pool <name>", "only this pool");
  };
  const add = (usage: string, description: string) => addTo(group, usage, description);
  const dryRun = new Option("--dry-run", "say what would be done and do nothing");

  add("run", "keeps the pools until it is interrupted: launches, sets up, watches, renews, gives back")
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
    .option("--for <time>", "only for so long, as 90m, 4h or 2d; the controller then takes it back in", seconds)
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
  addMore(add, run, dryRun);
  addTestHosts(
    group.command("test-host").description("a Mac of your own for trying changes, which takes no jobs"),
    addTo,
    run,
    dryRun,
  );
}

function addMore(add: (usage: string, description: string) => Command, run: Run, dryRun: Option): void {
  add("setup", "sets up Macs that have booted and have no runner")
    .argument("[host]", "only this host, by its name or id")
    .addOption(dryRun)
    .option("--force", "also those whose set-up has begun: each gets a new credential")
    .action(run(setUpPools));
  add("ssh", "opens a shell on a host's Mac, through AWS Session Manager")
    .argument("<host>", "the host or its Mac, by name or id")
    .argument("[command...]", "what to run there instead, after --")
    .option("--direct", "use ssh to its address instead; the Mac must let you in")
    .option("--user <name>", "with --direct: who to be there", "ec2-user")
    .option("--vnc", "with --direct: bring its screen to port 5900 of this computer")
    .option("--print", "print the command only")
    .action(run(openShell));
  add("sweep", "ends instances that have outlived every other end, as the daily sweeper does")
    .addOption(dryRun)
    .action(run(sweepPools));
  add("costs", "shows what hosts have cost and done, and what keeping or releasing one would mean")
    .option(
      "--price <type=dollars>",
      "price of an hour of a type, instead of the list's; can be repeated",
      pricesOf,
      {},
    )
    .action(run(showCosts));
  add("utilization", "draws runners and jobs over time")
    .option("--hours <count>", "how many hours back", wholeNumber, 26)
    .option("--svg <file>", "write a picture")
    .option("--csv", "print the reference pool's utilization.csv")
    .action(run(showUtilization));
}

function addTestHosts(
  group: Command,
  addTo: (parent: Command, usage: string, description: string) => Command,
  run: Run,
  dryRun: Option,
): void {
  addTo(group, "create", "allocates a host, which is paid for 24 hours at least, and launches a Mac on it")
    .option("--image <ami>", "run this image instead of the template's")
    .option("--template-version <version>", "use this version of the pool's launch template")
    .addOption(dryRun)
    .action(run(createTestHost));
  addTo(group, "list", "shows test hosts, what they have cost and when they can be released").action(
    run(listTestHosts),
  );
  addTo(group, "release", "ends a test host's Mac and gives the host back")
    .argument("<host>", hostArgument)
    .option("--when-allowed", "if AWS does not take it back yet, leave that to schedules in the account")
    .addOption(dryRun)
    .action(run(releaseTestHost));
}

function pricesOf(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [, type = "", dollars] = /^([a-z0-9.-]+)=([0-9.]+)$/.exec(text) ?? [];
  if (!type || !Number.isFinite(Number(dollars))) throw new InvalidArgumentError("For example mac2.metal=0.65.");
  return { ...before, [type]: Number(dollars) };
}

const secondsOf = { m: 60, h: 3600, d: 86_400 } as const;

function seconds(text: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  if (!count) throw new InvalidArgumentError("Type a number of minutes, hours or days: 90m, 4h or 2d.");
  return Number(count) * secondsOf[unit as keyof typeof secondsOf];
}

function wholeNumber(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("A whole number from 1 goes here.");
  return count;
}
