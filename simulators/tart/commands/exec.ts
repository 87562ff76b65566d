import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { notRunning, runtimeError, swiftError } from "../failures.ts";
import { joinGuest, leaveGuest } from "../guest.ts";
import type { Call, CommandSpec } from "../parser.ts";
import { openLocal } from "../storage.ts";
import type { VmFolder } from "../vm.ts";
import { milliseconds, type World } from "../world.ts";

/**
 * Runs a program in the guest: here on this computer, in the VM's own home folder. Its exit code is passed on.
 * `-t` gives no terminal, as Node has none to give.
 */
export const command: CommandSpec = {
  name: "exec",
  arguments: [{ name: "name" }, { name: "command", rest: "passthrough" }],
  options: { interactive: { short: "i" }, tty: { short: "t" } },
  async run(given, call) {
    const [name = "", program = "", ...args] = given.positional;
    const folder = openLocal(call.home, name);
    if (folder.runner() === undefined) throw notRunning(name);
    if (!(await isAgentReachable(folder, call))) throw runtimeError(noAgent);
    return runInGuest(folder, [program, ...args], given.flags.has("interactive"), call.world);
  },
};

const noAgent =
  "Failed to connect to the VM using its control socket: The operation couldn’t be completed. " +
  "(GRPC.GRPCConnectionPoolError error 1.), is the Tart Guest Agent running?";

async function isAgentReachable(folder: VmFolder, { world, faults }: Call): Promise<boolean> {
  const deadline = Date.now() + milliseconds(world.env, "AGENT_TIMEOUT");
  while (faults.has("agent-absent") || !existsSync(folder.booted)) {
    if (Date.now() >= deadline) return false;
    await delay(Math.min(20, milliseconds(world.env, "AGENT_TIMEOUT")));
  }
  return true;
}

function runInGuest(folder: VmFolder, argv: readonly string[], isInteractive: boolean, world: World): Promise<number> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    cwd: folder.guest,
    env: guestEnvironment(folder, world.env),
    stdio: [isInteractive ? "pipe" : "ignore", "pipe", "pipe"],
    detached: true,
  });
  if (child.pid) joinGuest(folder, child.pid);
  child.stdout?.setEncoding("utf8").on("data", world.out);
  child.stderr?.setEncoding("utf8").on("data", world.err);
  if (child.stdin) {
    child.stdin.on("error", () => {});
    world.stdin().pipe(child.stdin);
  }
  return new Promise((resolve, reject) => {
    // What the real agent answers for a program that is not there is not known; this is its usual gRPC form.
    child.on("error", () => reject(swiftError(`unknown (2): exec: "${program}": executable file not found in $PATH`)));
    child.on("exit", (code, signal) => {
      const pid = child.pid ?? 0;
      leaveGuest(folder, pid);
      if (folder.runner() === undefined) reject(swiftError("unavailable (14): Transport became inactive"));
      else void whenDrained(child).then(() => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  });
}

/** Programs left in the background may hold the output open; they are not waited for. */
async function whenDrained(child: ReturnType<typeof spawn>): Promise<void> {
  const closed = new Promise((resolve) => child.once("close", resolve));
  await Promise.race([closed, delay(100)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.stdin?.destroy();
}

function guestEnvironment(folder: VmFolder, env: World["env"]): NodeJS.ProcessEnv {
  const own = join(import.meta.dirname, "..", "guest-bin");
  const added = env.TART_SIM_GUEST_PATH ? [env.TART_SIM_GUEST_PATH] : [];
  return {
    HOME: folder.guest,
    USER: "admin",
    LANG: "en_US.UTF-8",
    PATH: [own, ...added, "/usr/bin", "/bin", "/usr/sbin", "/sbin"].join(":"),
    TART_SIM_POWER_OFF: folder.powerOff,
  };
}
