import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { alreadyRunning, runtimeError, TartFailure, validationError } from "../failures.ts";
import { endGuest } from "../guest.ts";
import { lease } from "../leases.ts";
import { tryLock, unlock, withLock } from "../locks.ts";
import { type Arguments, type Call, type CommandSpec, option } from "../parser.ts";
import { takeSlot } from "../slots.ts";
import { globalLock, listLocal, openLocal } from "../storage.ts";
import { randomMac, type VmConfig, type VmFolder } from "../vm.ts";
import { milliseconds, pause } from "../world.ts";

const text = { value: "text" } as const;
const many = { value: "text", repeating: true } as const;

/** Runs a VM in the foreground until the guest stops or somebody stops it. */
export const command: CommandSpec = {
  name: "run",
  arguments: [{ name: "name" }],
  options: {
    "no-graphics": {},
    graphics: { hidden: true },
    serial: {},
    "serial-path": text,
    "no-audio": {},
    "no-clipboard": {},
    recovery: {},
    vnc: {},
    "vnc-experimental": {},
    disk: many,
    rosetta: text,
    dir: many,
    nested: {},
    "net-bridged": many,
    "net-softnet": {},
    "net-softnet-allow": text,
    "net-softnet-block": text,
    "net-softnet-expose": text,
    "net-softnet-control-fd": text,
    "net-host": {},
    "root-disk-opts": text,
    suspendable: {},
    "capture-system-keys": {},
    "no-trackpad": {},
    "no-pointer": {},
    "no-keyboard": {},
    "provisioning-opts": text,
  },
  validate(given, { home }) {
    checkExclusive(given);
    const folder = openedForValidation(() => openLocal(home, given.positional[0] ?? ""));
    checkGuest(given, folder.readConfig());
  },
  async run(given, call) {
    const { home, world } = call;
    const folder = openLocal(home, given.positional[0] ?? "");
    await withLock(globalLock(home), milliseconds(world.env, "LOCK_POLL"), () => {
      if (folder.runner() !== undefined) throw alreadyRunning(folder.name);
      resetClashingMac(folder, call);
      rmSync(folder.runLock, { force: true });
      if (!tryLock(folder.runLock)) throw alreadyRunning(folder.name);
    });
    try {
      return await runGuest(folder, given, call);
    } finally {
      endGuest(folder);
      unlock(folder.runLock);
    }
  },
};

/** How a run comes to its end. */
type End = "interrupted" | "suspended" | "guest-off";

async function runGuest(folder: VmFolder, given: Arguments, call: Call): Promise<number> {
  const { world, home, faults } = call;
  const config = folder.readConfig();
  const isMac = (config.os ?? "darwin") === "darwin";
  const slot = isMac ? await takeSlot(home, world, folder.name, faults.has("slot-leak")) : undefined;
  try {
    if (faults.has("keychain-locked")) throw runtimeError(hostKeyFailure);
    if (faults.has("no-gui")) throw runtimeError("Internal Virtualization error. The virtual machine failed to start.");
    const ended = watchForEnd(folder, isMac, faults.has("wedged"), world.out);
    startGuest(folder, given, call, config);
    const boot = bootGuest(folder, call, config.macAddress);
    return finish(folder, await Promise.race([ended, boot]), world.out);
  } finally {
    slot?.release();
  }
}

const hostKeyFailure =
  'Error Domain=VZErrorDomain Code=-9 "The virtual machine encountered a security error." ' +
  "UserInfo={NSLocalizedFailureReason=Failed to create new HostKey.}";

function startGuest(folder: VmFolder, given: Arguments, { world }: Call, config: VmConfig): void {
  rmSync(folder.booted, { force: true });
  rmSync(folder.powerOff, { force: true });
  mkdirSync(folder.guest, { recursive: true });
  if (folder.state === "suspended") {
    world.out("restoring VM state from a snapshot...\nresuming VM...\n");
    rmSync(folder.savedState);
  }
  if (given.flags.has("vnc") || given.flags.has("vnc-experimental")) {
    const url = `vnc://:able-baker-charlie-dog@127.0.0.1:${49_152 + (config.cpuCount % 100)}`;
    const isQuiet = given.flags.has("no-graphics") || world.env.CI !== undefined;
    world.out(isQuiet ? `VNC server is running at ${url}\n` : `Opening ${url}...\n`);
  }
}

/** Brings the guest up; then nothing more happens by itself. */
async function bootGuest(folder: VmFolder, { world, home, faults }: Call, macAddress: string): Promise<never> {
  await pause(world.env, "BOOT");
  // Without a control socket the agent cannot be reached though the guest is up.
  if (!faults.has("socket-bind")) writeFileSync(folder.booted, `${process.pid}\n`);
  await pause(world.env, "LEASE");
  if (!faults.has("no-lease")) await lease(home, world, macAddress, faults.has("duplicate-ip"));
  return new Promise(() => {});
}

/** SIGINT pulls the plug, SIGUSR1 suspends, SIGUSR2 asks the guest: Linux obeys, macOS only shows a dialog. */
async function watchForEnd(
  folder: VmFolder,
  isMac: boolean,
  isWedged: boolean,
  out: (t: string) => void,
): Promise<End> {
  let end: End | undefined;
  process.on("SIGINT", () => {
    if (!isWedged) end ??= "interrupted";
  });
  process.on("SIGUSR1", () => {
    end ??= "suspended";
  });
  process.on("SIGUSR2", () => {
    out("Requesting guest OS to stop...\n");
    if (!isMac) end ??= "guest-off";
  });
  while (end === undefined) {
    await delay(25);
    if (existsSync(folder.powerOff)) end = "guest-off";
  }
  return end;
}

function finish(folder: VmFolder, end: End, out: (text: string) => void): number {
  if (end === "suspended") {
    out("pausing VM to take a snapshot...\ncreating a snapshot...\n");
    writeFileSync(folder.savedState, "simulated state\n");
    out("snapshot created successfully! shutting down the VM...\n");
  } else {
    out(end === "interrupted" ? "Stopping VM...\n" : "guest has stopped the virtual machine\n");
  }
  return 0;
}

function checkExclusive(given: Arguments): void {
  const has = (...names: string[]) => names.some((name) => given.flags.has(name) || given.options.has(name));
  const softnet = has("net-softnet", "net-softnet-allow", "net-softnet-block", "net-softnet-expose");
  if (has("vnc") && has("vnc-experimental"))
    throw validationError("--vnc and --vnc-experimental are mutually exclusive");
  if ([has("net-bridged"), softnet, has("net-host")].filter(Boolean).length > 1) {
    throw validationError("--net-bridged, --net-softnet and --net-host are mutually exclusive");
  }
  if (has("graphics") && has("no-graphics")) {
    throw validationError("--graphics and --no-graphics are mutually exclusive");
  }
  if (given.options.has("net-bridged")) {
    const wanted = option(given, "net-bridged") ?? "";
    throw validationError(`no bridge interfaces matched "${wanted}", available interfaces: []`);
  }
  const directories = given.options.get("dir") ?? [];
  if (directories.length > 1 && directories.some((dir) => !/^[^/:]+:/.test(dir))) {
    throw validationError("invalid --dir syntax: for multiple directory shares each one of them should be named");
  }
}

function checkGuest(given: Arguments, config: VmConfig): void {
  const isMac = (config.os ?? "darwin") === "darwin";
  const disks = given.options.get("disk") ?? [];
  if (disks.some((disk) => disk.includes("amd64"))) {
    throw validationError(
      "Seems you have a disk targeting x86 architecture (hence amd64 in the name). Please use an 'arm64' version of the disk.",
    );
  }
  if (given.flags.has("suspendable") && !isMac) throw validationError("You can only suspend macOS VMs");
  for (const device of ["trackpad", "keyboard", "pointer"].filter((d) => given.flags.has(`no-${d}`))) {
    if (given.flags.has("suspendable")) throw validationError(`--no-${device} cannot be used with --suspendable`);
    if (!isMac) throw validationError(`--no-${device} can only be used with macOS VMs`);
  }
  if (given.options.has("provisioning-opts")) {
    throw validationError("--provisioning-opts requires the host to be running macOS 27 (or newer)");
  }
}

/** `run` opens the VM while validating, so that even a missing VM ends it with `Error: ` and exit code 1. */
function openedForValidation(open: () => VmFolder): VmFolder {
  try {
    return open();
  } catch (error) {
    throw error instanceof TartFailure ? new TartFailure(`Error: ${error.message}`, 1) : error;
  }
}

function resetClashingMac(folder: VmFolder, { home, world }: Call): void {
  const config = folder.readConfig();
  const others = listLocal(home).filter((vm) => vm.path !== folder.path && vm.runner() !== undefined);
  if (!others.some((vm) => vm.readConfig().macAddress === config.macAddress)) return;
  world.out("There is already a running VM with the same MAC address!\nResetting VM to assign a new MAC address...\n");
  folder.writeConfig({ ...config, macAddress: randomMac() });
}
