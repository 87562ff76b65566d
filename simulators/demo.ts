/** `make demo`: a small fleet of all three kinds of pool on one computer, brought up by the real engine. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { hasLeftovers } from "./sandbox/leftovers.ts";
import { type Sandbox, startSandbox, stopSandbox } from "./sandbox/sandbox.ts";

const checkout = path.dirname(import.meta.dirname);
const stack = "local";
const { values: options } = parseArgs({
  options: {
    stop: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    folder: { type: "string", default: path.join(checkout, ".local/demo") },
  },
});
const fleet = path.join(checkout, "scripts/fleet.ts");

const usage = `Usage: node simulators/demo.ts [--stop] [--folder FOLDER]

Brings up a simulated fleet with the real Pulumi engine, and shows it. Run again, it takes up the settings in
Pulumi.local.yaml as they are then.

  --stop           end every process that the demo started and forget its fleet
  --folder FOLDER  where it keeps itself (default: .local/demo)
  --help           show this`;

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());

/** Runs a program in the demo's surroundings, in sight of the person, to its exit code. Ctrl-C reaches it by the terminal. */
async function show(sandbox: Sandbox, program: string, args: string[]): Promise<number> {
  const child = spawn(program, args, {
    cwd: sandbox.folder,
    env: { ...process.env, ...sandbox.environment },
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  return interrupted.signal.aborted ? 130 : (code ?? 1);
}

async function demo(): Promise<number> {
  step("Starting the simulators: AWS, an Orka cluster, two Macs, an image registry");
  const sandbox = await startSandbox({ folder: options.folder, stack, tell: step }, interrupted.signal);
  if (await hasLeftovers(sandbox)) {
    step("An earlier run was killed; bringing its stack back");
    const code = await show(sandbox, process.execPath, [fleet, "recover", "-C", sandbox.folder, "--stack", stack]);
    if (code !== 0) return code;
  }
  step(`pulumi up --stack ${stack} --yes`);
  const code = await show(sandbox, "pulumi", ["up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs"]);
  if (code !== 0) return code;
  step("The fleet");
  await show(sandbox, process.execPath, [fleet, "status", "-C", sandbox.folder, "--stack", stack]);
  console.log(farewell());
  return 0;
}

function step(text: string): void {
  console.log(`\n==> ${text}`);
}

function farewell(): string {
  return `
Look further:
  scripts/fleet status                       the table again
  scripts/fleet pool status                  the EC2 Macs: the pool's controller launches them now, two hours apart on
                                             a clock that runs 60 times as fast
  scripts/fleet --help                       what else there is
  cd .local/demo && set -a && . ./environment && set +a && pulumi stack
                                             the stack itself, with Pulumi's own commands
Change Pulumi.local.yaml, say \`hosts\` of pool macm1, and type \`make demo\` again. \`make demo-stop\` ends everything.`;
}

try {
  if (options.help) console.log(usage);
  else if (options.stop)
    console.log(
      (await stopSandbox(options.folder)) ? "The demo has ended; nothing of it is left." : "No demo was running.",
    );
  else process.exitCode = await demo();
} catch (error) {
  if (interrupted.signal.aborted) console.error("Stopped. Type the same command again to go on.");
  else console.error(error instanceof Error ? error.message : error);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}
