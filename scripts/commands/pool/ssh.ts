import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { describeHosts } from "../../../drivers/ec2/hosts.ts";
import { describeInstances, describeRootVolumeTasks, type ObservedInstance } from "../../../drivers/ec2/instances.ts";
import { quoteCommand } from "../../../drivers/exec/quote.ts";
import { type SshWay, sessionManagerCommand, sshCommand } from "../../../model/ec2-mac/shell-command.ts";
import { type OpenPool, type PoolOptions, withPools } from "./access.ts";
import { lookAtTestHosts } from "./test-hosts.ts";

interface SshOptions extends PoolOptions {
  direct?: boolean;
  user: string;
  vnc?: boolean;
  print?: boolean;
}

/** `fleet pool ssh`: a shell on the Mac of a host; its exit code is that of the shell. */
export async function openShell(
  signal: AbortSignal,
  named: string,
  command: readonly string[],
  options: SshOptions,
): Promise<number> {
  if (options.vnc && !options.direct) throw new Error("--vnc needs ssh.\n  Add --direct.");
  const argv = await withPools(options, signal, async ({ pools }) => shellOf(pools, named, command, options, signal));
  if (options.json) console.log(JSON.stringify({ argv }));
  else if (options.print) console.log(quoteCommand(argv));
  else return run(argv);
  return 0;
}

async function shellOf(
  pools: readonly OpenPool[],
  named: string,
  command: readonly string[],
  options: SshOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const { pool, instance } = await findMac(pools, named, signal);
  if (!options.direct) return sessionManagerCommand(instance.instanceId, pool.settings.region, command);
  const address = instance.publicDnsName ?? instance.privateIp;
  if (!address) throw new Error(`${named}: its Mac has no address yet.`);
  const tasks = await describeRootVolumeTasks(pool.ec2, [instance.instanceId], signal);
  const renewed = tasks.findLast(({ state }) => state === "succeeded")?.taskId;
  const way: SshWay = {
    user: options.user,
    address,
    // A new root volume brings new host keys.
    hostKeyAlias: renewed ? `${instance.instanceId}.${renewed}` : instance.instanceId,
    knownHostsFile: path.join(pool.folder, ".local", `known-hosts-${pool.place.stack}`),
    vnc: options.vnc === true,
  };
  return sshCommand(way, command);
}

async function findMac(
  pools: readonly OpenPool[],
  named: string,
  signal: AbortSignal,
): Promise<{ pool: OpenPool; instance: ObservedInstance }> {
  const found = [];
  for (const pool of pools) {
    const own = await describeHosts(pool.ec2, { tags: pool.policy.mark }, signal);
    const all = [...own, ...(await lookAtTestHosts(pool, signal))].filter(({ state }) => !state.startsWith("released"));
    for (const host of all)
      if ([host.name, host.hostId, ...host.instanceIds].includes(named)) found.push({ pool, host });
  }
  const [first, ...others] = found;
  if (!first) throw new Error(`${named}: there is no such host.\n  fleet pool status shows those that there are.`);
  if (others.length > 0)
    throw new Error(`${named}: ${found.length} hosts have that name.\n  Add --pool, or give the id.`);
  const ids = first.host.instanceIds;
  if (ids.length === 0) throw new Error(`${named}: there is no Mac on it now; the host is ${first.host.state}.`);
  const [instance] = await describeInstances(first.pool.ec2, { ids }, signal);
  if (instance?.state !== "running") throw new Error(`${named}: its Mac is ${instance?.state ?? "gone"}.`);
  return { pool: first.pool, instance };
}

/** The program gets this terminal, and what is typed there: a Ctrl-C is meant for it, not for this process. */
async function run(argv: readonly string[]): Promise<number> {
  const [program = "", ...args] = argv;
  refuseIfMissing(program);
  const ignore = () => {};
  process.on("SIGINT", ignore);
  try {
    const child = spawn(program, args, { stdio: "inherit" });
    const [exitCode] = await once(child, "exit");
    return typeof exitCode === "number" ? exitCode : 1;
  } finally {
    process.off("SIGINT", ignore);
  }
}

const remedies: Readonly<Record<string, string>> = {
  aws: "Install the AWS command line: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
  "session-manager-plugin":
    "Install it: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
  ssh: "Install an OpenSSH client.",
};

function refuseIfMissing(program: string): void {
  for (const each of program === "aws" ? ["aws", "session-manager-plugin"] : [program])
    if (!isOnPath(each)) throw new Error(`${each} is not installed.\n  ${remedies[each]}`);
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder || ".", program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
