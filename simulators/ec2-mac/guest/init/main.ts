/** What the kernel, launchd and ec2-macos-init are on a real Mac. Runs inside, as root; `../machine.ts` starts it. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import { setTimeout as sleepFor } from "node:timers/promises";
import { runnerArchive } from "../../../github/runner/archive.ts";
import { parsePlist } from "../../../mac/launchd/plist.ts";
import type { GuestFaults, ToGuest } from "../messages.ts";
import { MacClock } from "./clock.ts";
import { type Call, type Reply, serveCommands } from "./commands.ts";
import { runEc2Init } from "./ec2-init.ts";
import { Host } from "./host.ts";
import { MacLaunchd } from "./launchd.ts";
import { serveMetadata } from "./metadata.ts";
import { refusal } from "./outcomes.ts";
import { PacketFilter } from "./packet-filter.ts";
import { relayPort } from "./relay.ts";
import { dscl, prepareUsers, sysadminctl } from "./users.ts";
import { Volumes } from "./volumes.ts";

const RUN = "/System/Simulator/run";
/** How long programs have, in real time, to end before the power goes. */
const LAST_GRACE_MS = 1000;

const host = new Host();
const clock = new MacClock(`${RUN}/clock`);
const filter = new PacketFilter();
const volumes = new Volumes();
let faults: GuestFaults = {};
let environment: Readonly<Record<string, string>> = {};

host.listen((message) => {
  if (message.kind === "boot") void boot(message).catch(panic);
  if (message.kind === "clock") clock.set(message.clock);
  if (message.kind === "run") void runShell(message.id, message.script);
  if (message.kind === "faults") faults = message.faults;
});

async function boot(setting: Extract<ToGuest, { kind: "boot" }>): Promise<void> {
  clock.set(setting.clock);
  faults = setting.faults;
  environment = {
    PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
    NODE_COMPILE_CACHE: "/System/Simulator/node-cache",
    ...setting.environment,
  };
  writeBootFiles();
  if (setting.isOneUid) writeFileSync(`${RUN}/one-uid`, "");
  prepareUsers();
  // macOS does so at boot, with pf itself switched off.
  filter.pfctl(["-f", "/private/etc/pf.conf"], "");
  const launchd = new MacLaunchd({ clock, environment, faults: () => faults, isOneUid: setting.isOneUid });
  await Promise.all([
    serveCommands((call) => run(call, launchd)),
    serveMetadata(host, clock, filter),
    ...setting.ports.map(relayPort),
  ]);
  host.tell({ kind: "booted" });
  await launchd.loadAtBoot();
  const { instanceId } = setting;
  await runEc2Init({ host, clock, instanceId, environment, userDataStatus: () => faults.userDataStatus });
}

/** What programs of the Mac read without asking us. */
function writeBootFiles(): void {
  const lines = Object.entries(environment).map(
    ([name, value]) => `[[ -v ${name} ]] || export ${name}='${value.replaceAll("'", "'''")}'
`,
  );
  writeFileSync(`${RUN}/environment`, lines.join(""));
  const seconds = Math.floor(clock.now() / 1000);
  const folder = "/private/var/db/simulator/sysctl";
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/kern.bootsessionuuid`, `${randomUUID().toUpperCase()}\n`);
  writeFileSync(
    `${folder}/kern.boottime`,
    `{ sec = ${seconds}, usec = 0 } ${new Date(seconds * 1000).toUTCString()}\n`,
  );
}

async function run(call: Call, launchd: MacLaunchd): Promise<Reply> {
  const isRoot = call.uid === 0;
  switch (call.name) {
    case "sleep":
      return sleep(Number(call.args[0]), call.gone);
    case "launchctl":
      return launchd.launchctl(call.args, call.uid);
    case "pfctl":
      return isRoot ? filter.pfctl(call.args, call.stdin) : refusal("pfctl: /dev/pf: Permission denied");
    case "dscl":
      return dscl(call.args, isRoot);
    case "sysadminctl":
      return sysadminctl(call.args, isRoot);
    case "shutdown":
    case "reboot":
    case "halt":
      return isRoot ? power(call, launchd) : refusal(`${call.name}: NOT super-user`);
    case "plutil":
      return plutil(call);
    case "hdiutil":
      return volumes.hdiutil(call.args, call.uid, call.cwd);
    case "mount":
      return volumes.mount();
    case "umount":
      return volumes.umount(call.args, call.uid);
    case "github-runner-archive":
      return { exitCode: 0, stdout: runnerArchive(call.args[0] ?? ""), stderr: "" };
    case "aws":
      return aws(call);
    default:
      return refusal(`${call.name} is not simulated`);
  }
}

/** `plutil -lint FILE`. */
function plutil({ args, cwd }: Call): Reply {
  const file = resolvePath(cwd, args.at(-1) ?? "");
  try {
    parsePlist(readFileSync(file, "utf8"));
    return { exitCode: 0, stdout: args.includes("-s") ? "" : `${args.at(-1)}: OK\n`, stderr: "" };
  } catch (error) {
    return { exitCode: 1, stdout: `${args.at(-1)}: ${(error as Error).message}\n`, stderr: "" };
  }
}

async function sleep(seconds: number, gone: AbortSignal): Promise<Reply> {
  if (!(seconds >= 0)) return refusal("usage: sleep seconds");
  await new Promise<void>((resolve) => {
    const forget = clock.later(seconds, resolve);
    gone.addEventListener("abort", forget);
  });
  return { exitCode: 0, stdout: "", stderr: "" };
}

/** `shutdown -h now`, `shutdown -r now`. The answer comes first; then the jobs end, and then the power goes. */
async function power({ name, args }: Call, launchd: MacLaunchd): Promise<Reply> {
  if (name === "shutdown" && (!/^-[hr]$/.test(args[0] ?? "") || !/^(now|\+\d+)$/.test(args[1] ?? "")))
    return refusal("usage: shutdown [-] [-h [-u] [-n] | -r [-n] | -s | -k] time [warning-message ...]");
  const action = name === "reboot" || args[0] === "-r" ? "reboot" : "halt";
  if (!faults.shutdownIsIgnored)
    clock.later(60 * Number(args[1]?.replace("now", "0") ?? 0), () => void end(action, launchd));
  return { exitCode: 0, stdout: `${name === "shutdown" ? "Shutdown NOW!\n" : ""}`, stderr: "" };
}

async function end(action: "halt" | "reboot", launchd: MacLaunchd): Promise<void> {
  await Promise.race([launchd.unloadAll(), new Promise((resolve) => setTimeout(resolve, LAST_GRACE_MS))]);
  host.tell({ kind: "power", action });
}

/** Without the metadata service there are no credentials. */
async function aws({ args, uid }: Call): Promise<Reply> {
  if (filter.blocks("169.254.169.254", uid)) {
    return {
      exitCode: 253,
      stdout: "",
      stderr: '\nUnable to locate credentials. You can configure credentials by running "aws configure".\n',
    };
  }
  const { status, output, errors = "", file } = await host.ask({ what: "aws", args });
  return { exitCode: status, stdout: Buffer.from(output, "base64"), stderr: errors, ...(file ? { file } : {}) };
}

async function runShell(id: number, script: string): Promise<void> {
  const child = spawn("/bin/bash", ["-c", `exec 2>&1\n${script}`], {
    env: { ...environment, HOME: "/var/root" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close");
  const [code] = await once(child, "exit");
  // What it left in the background may hold the output open for ever.
  await Promise.race([closed, sleepFor(100)]);
  host.tell({ kind: "ran", id, result: { exitCode: code ?? -1, output } });
}

function panic(error: unknown): never {
  console.error("panic:", error);
  process.exit(1);
}
