import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { MacClock } from "./clock.ts";
import type { Host } from "./host.ts";

const LOG = "/var/log/amazon/ec2/ec2-macos-init.log";

/** What the init of EC2 works with. */
export interface Ec2InitOptions {
  host: Host;
  clock: MacClock;
  instanceId: string;
  environment: Readonly<Record<string, string>>;
  /** Fails in place of the user data. */
  userDataStatus(): number | undefined;
}

/**
 * ec2-macos-init's module "user data": written where the real one writes it, run as root, once for an instance id and
 * root volume when it exits with 0, and otherwise at the next boot again. What it leaves running in its process group
 * ends with it. Source: aws/ec2-macos-init, modules/userdata.go.
 */
export async function runEc2Init(options: Ec2InitOptions): Promise<void> {
  const { host, instanceId } = options;
  const folder = join("/usr/local/aws/ec2-macos-init/instances", instanceId);
  const history = join(folder, "history.json");
  if (existsSync(history)) return;
  const { status, output } = await host.ask({ what: "metadata", path: "/latest/user-data" });
  mkdirSync(folder, { recursive: true });
  if (status === 200) {
    const file = join(folder, "userdata");
    writeFileSync(file, Buffer.from(output, "base64"), { mode: 0o755 });
    if (!(await runUserData(file, options))) return;
  }
  writeFileSync(history, JSON.stringify({ instanceID: instanceId, runTime: new Date(options.clock.now()) }));
}

async function runUserData(file: string, options: Ec2InitOptions): Promise<boolean> {
  const failure = options.userDataStatus();
  const [program, args] = failure === undefined ? [file, []] : ["/bin/sh", ["-c", `exit ${failure}`]];
  const child = spawn(program, args, {
    cwd: "/",
    env: { ...options.environment, HOME: "/var/root" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(code ?? signal ?? ""));
  });
  // The real one waits until nobody holds the output any more, and only then writes it down.
  const [status, stdout, stderr] = await Promise.all([ended, buffer(child.stdout), buffer(child.stderr)]);
  endGroup(child.pid);
  const stamp = new Date(options.clock.now()).toISOString();
  const result =
    status === 0 ? "Successfully completed module [UserData]" : `Error while running module [UserData] ${status}`;
  appendFileSync(LOG, `${stdout}${stderr}${stamp} ${result}\n`);
  return status === 0;
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}
