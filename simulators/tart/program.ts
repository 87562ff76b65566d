import { swiftError, TartFailure } from "./failures.ts";
import { takeFaults } from "./faults.ts";
import { type CommandSpec, HelpRequested, parse, usage } from "./parser.ts";
import { collectTemporary } from "./storage.ts";
import { openHome, tartVersion, type World } from "./world.ts";

/** The subcommands in the order of the real help; each is loaded only when asked for, to start fast. */
const commands: Record<string, () => Promise<{ command: CommandSpec }>> = {
  create: () => import("./commands/create.ts"),
  clone: () => import("./commands/clone.ts"),
  run: () => import("./commands/run.ts"),
  set: () => import("./commands/set.ts"),
  get: () => import("./commands/get.ts"),
  list: () => import("./commands/list.ts"),
  login: () => import("./commands/login.ts"),
  logout: () => import("./commands/logout.ts"),
  ip: () => import("./commands/ip.ts"),
  exec: () => import("./commands/exec.ts"),
  pull: () => import("./commands/pull.ts"),
  push: () => import("./commands/push.ts"),
  prune: () => import("./commands/prune.ts"),
  rename: () => import("./commands/rename.ts"),
  stop: () => import("./commands/stop.ts"),
  delete: () => import("./commands/delete.ts"),
  suspend: () => import("./commands/suspend.ts"),
  fqn: () => import("./commands/fqn.ts"),
};

/** Commands that the help leaves out. */
const hidden = new Set(["fqn"]);

/**
 * One call of the simulated `tart` 2.35.0. It stands in for all but `import` and `export`, which need Apple Archive.
 * @returns the exit code
 */
export async function tart(argv: readonly string[], world: World): Promise<number> {
  let command: CommandSpec | undefined;
  try {
    const name = argv[0] ?? "--help";
    if (name === "--version") return say(world, `${tartVersion(world.env)}\n`);
    if (name === "--help" || name === "-h" || name === "help") return say(world, rootHelp());
    command = (await commands[name]?.())?.command;
    if (!command) throw new TartFailure(unknownCommand(name), 64, "root");
    return await runCommand(command, argv.slice(1), world);
  } catch (error) {
    if (error instanceof HelpRequested) return say(world, error.message);
    const failure = error instanceof TartFailure ? error : swiftError((error as Error).message);
    world.err(`${failure.message}\n`);
    if (failure.usage !== "none") world.err(`${usage(failure.usage === "command" ? command : undefined)}\n`);
    return failure.exitCode;
  }
}

async function runCommand(command: CommandSpec, argv: readonly string[], world: World): Promise<number> {
  const given = parse(command, argv);
  const home = openHome(world.env);
  const faults = await takeFaults(command.name, argv, home, world);
  await faults.play("before", world);
  const call = { world, home, faults };
  command.validate?.(given, call);
  if (command.name !== "pull" && command.name !== "clone") collectTemporary(home, world);
  const exitCode = (await command.run(given, call)) ?? 0;
  await faults.play("after", world);
  return exitCode;
}

function say(world: World, text: string): number {
  world.out(text);
  return 0;
}

function unknownCommand(name: string): string {
  return name.startsWith("-") ? `Error: Unknown option '${name}'` : `Error: Unexpected argument '${name}'`;
}

function rootHelp(): string {
  const names = Object.keys(commands).filter((name) => !hidden.has(name));
  return `USAGE: tart <subcommand>\n\nOPTIONS:\n  --version\n  -h, --help\n\nSUBCOMMANDS:\n${names.map((n) => `  ${n}\n`).join("")}`;
}
