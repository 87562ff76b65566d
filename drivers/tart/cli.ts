import { DriverError, isFailure } from "../errors.ts";
import type { Exec, Output } from "../exec/types.ts";
import { tartFailure } from "./errors.ts";
import { guestCommand } from "./guest-command.ts";
import { parseDetails, parseListing, type VmDetails } from "./json.ts";
import { isLocalName, parseRemoteName, RemoteNameError } from "./names.ts";
import type { CallOptions, GuestOptions, Tart, TartOptions, TransferOptions, VmChanges } from "./types.ts";

/** Bounds for calls that are given none. */
const limits = { query: 30, set: 60, delete: 300, clone: 300, transfer: 3600, guest: 60, login: 60 } as const;
/** What a call gets beyond the waiting that tart itself was told to do. */
const marginSeconds = 15;

/** The arguments of `tart run` for a VM without a window, for launchd to keep running. */
export function runArguments(name: string): string[] {
  return ["run", "--no-graphics", localName(name)];
}

/** Drives `tart` where `exec` runs. */
export function tartCli(exec: Exec, options: TartOptions = {}): Tart {
  const call = caller(exec, options);
  const get = async (name: string, callOptions?: CallOptions) => {
    const args = ["get", localName(name), "--format", "json"] as const;
    const { stdout } = await call(args, limits.query, callOptions);
    return parseDetails(`tart get ${name} on ${exec.where}`, stdout);
  };
  const fqn = async (reference: string, callOptions?: CallOptions) => {
    const { stdout } = await call(["fqn", remoteName(reference)], limits.query, callOptions);
    const digest = /@(sha256:[0-9a-f]{64})\s*$/.exec(stdout)?.[1];
    if (digest) return digest;
    throw new DriverError(`tart fqn ${reference} on ${exec.where} named no digest`, {
      kind: "unexpected-output",
      vendorText: stdout,
    });
  };
  return {
    get,
    fqn,
    async version(callOptions) {
      const { stdout } = await call(["--version"], limits.query, callOptions);
      return stdout.trim();
    },
    async list(callOptions) {
      const { stdout } = await call(["list", "--format", "json"], limits.query, callOptions);
      return parseListing(`tart list on ${exec.where}`, stdout);
    },
    async clone(source, name, callOptions = {}) {
      const isRemote = source.includes("/");
      const from = isRemote ? remoteName(source) : localName(source);
      if (await find(get, name, callOptions)) {
        throw new DriverError(`tart clone ${source} on ${exec.where}: a VM ${name} is there already`, {
          kind: "already-exists",
        });
      }
      const args = ["clone", from, localName(name), ...insecureFlag(callOptions)] as const;
      await call(args, isRemote ? limits.transfer : limits.clone, callOptions);
      return get(name, callOptions);
    },
    async set(name, changes, callOptions) {
      await call(["set", localName(name), ...setFlags(changes)], limits.set, callOptions);
      const seen = await get(name, callOptions);
      const differs = (["cpu", "memoryMb", "diskGb"] as const).filter((k) => (changes[k] ?? seen[k]) !== seen[k]);
      if (differs.length === 0) return seen;
      const vendorText = differs.map((k) => `${k}: ${seen[k]} instead of ${changes[k]}`).join("\n");
      throw new DriverError(`tart set ${name} on ${exec.where} had no effect`, { kind: "failed", vendorText });
    },
    async ip(name, { waitSeconds = 0, ...callOptions } = {}) {
      const args = ["ip", localName(name), "--wait", String(waitSeconds)] as const;
      const { stdout } = await call(args, waitSeconds + marginSeconds, callOptions);
      const address = stdout.trim();
      if (/^\d+(\.\d+){3}$/.test(address)) return address;
      throw new DriverError(`tart ip ${name} on ${exec.where} named no address`, {
        kind: "unexpected-output",
        vendorText: stdout,
      });
    },
    exec: (name, argv, guestOptions = {}) => execInGuest(call, exec.where, name, argv, guestOptions),
    async stop(name, { graceSeconds = 20, ...callOptions } = {}) {
      const args = ["stop", localName(name), "--timeout", String(graceSeconds)] as const;
      await call(args, graceSeconds + marginSeconds, callOptions).catch(unless("not-running"));
      const { state } = await get(name, callOptions);
      if (state === "stopped") return;
      throw new DriverError(`tart stop ${name} on ${exec.where}: the VM is still ${state}`, { kind: "failed" });
    },
    async delete(name, callOptions) {
      await call(["delete", localName(name)], limits.delete, callOptions).catch(unless("not-found"));
      if (!(await find(get, name, callOptions))) return;
      throw new DriverError(`tart delete ${name} on ${exec.where}: the VM is still there`, { kind: "failed" });
    },
    async pull(reference, callOptions = {}) {
      const args = ["pull", remoteName(reference), ...insecureFlag(callOptions)] as const;
      await call(args, limits.transfer, callOptions);
      return fqn(reference, { ...(callOptions.signal ? { signal: callOptions.signal } : {}) });
    },
    async push(source, references, { labels = {}, ...callOptions } = {}) {
      const from = source.includes("/") ? remoteName(source) : localName(source);
      const flags = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
      const to = references.map(remoteName);
      await call(["push", from, ...to, ...insecureFlag(callOptions), ...flags], limits.transfer, callOptions);
    },
    async prune({ entries, olderThanDays, spaceBudgetGib, ...callOptions }) {
      const older = olderThanDays === undefined ? [] : ["--older-than", String(olderThanDays)];
      const budget = spaceBudgetGib === undefined ? [] : ["--space-budget", String(spaceBudgetGib)];
      await call(["prune", "--entries", entries, ...older, ...budget], limits.delete, callOptions);
    },
    async login({ hostname, username, password }, { insecure = false, ...callOptions } = {}) {
      const flags = ["--username", username, "--password-stdin", ...insecureFlag({ insecure })];
      await call(["login", hostname, ...flags], limits.login, callOptions, password);
    },
    async isProvenStopped(name, { readings = 2, ...callOptions } = {}) {
      for (let reading = 0; reading < readings; reading++) {
        // `get` fails on a config.json that cannot be read, where `list` would say "stopped".
        if ((await get(name, callOptions)).state !== "stopped") return false;
      }
      return true;
    },
  };
}

type Call = (
  args: readonly [string, ...string[]],
  defaultTimeoutSeconds: number,
  options?: TransferOptions,
  stdin?: string,
) => Promise<Output>;

/** Runs `tart` and turns a non-zero exit code into a DriverError. */
function caller(exec: Exec, options: TartOptions): Call {
  const { program = "tart", tartHome, registry } = options;
  const env = {
    // The fleet prunes by its own rules; tart's would evict the image that the next clone needs.
    TART_NO_AUTO_PRUNE: "1",
    // One line of progress at a time, without cursor movements.
    CI: "1",
    ...(tartHome ? { TART_HOME: tartHome } : {}),
    ...(registry
      ? {
          TART_REGISTRY_HOSTNAME: registry.hostname,
          TART_REGISTRY_USERNAME: registry.username,
          TART_REGISTRY_PASSWORD: registry.password,
        }
      : {}),
  };
  return async (args, defaultTimeoutSeconds, { timeoutSeconds, signal, onLine } = {}, stdin) => {
    const output = await exec.run({
      argv: [program, ...args],
      env,
      timeoutSeconds: timeoutSeconds ?? defaultTimeoutSeconds,
      ...(signal ? { signal } : {}),
      ...(onLine ? { onLine } : {}),
      ...(stdin === undefined ? {} : { stdin }),
    });
    if (output.exitCode === 0) return output;
    throw tartFailure(`tart ${args.slice(0, 2).join(" ")} on ${exec.where}`, output.exitCode, output.stderr);
  };
}

async function execInGuest(
  call: Call,
  where: string,
  name: string,
  argv: readonly [string, ...string[]],
  { stdin, onLine, ...options }: GuestOptions,
): Promise<Output> {
  const guest = guestCommand(argv);
  const interactive = stdin === undefined ? [] : ["-i"];
  const relay = onLine && {
    onLine: (line: string, stream: "stdout" | "stderr") => guest.isMark(line) || onLine(line, stream),
  };
  const args = ["exec", ...interactive, localName(name), ...guest.argv] as const;
  const output = await call(args, limits.guest, { ...options, ...relay }, stdin);
  const own = guest.unwrap(output.stderr);
  if (own) return { ...output, ...own };
  throw new DriverError(`tart exec ${name} on ${where} lost sight of the program in the guest`, {
    kind: "unexpected-output",
    vendorText: output.stderr,
  });
}

/** Undefined when the VM is not there. */
async function find(get: Tart["get"], name: string, { signal }: CallOptions = {}): Promise<VmDetails | undefined> {
  try {
    return await get(name, signal ? { signal } : {});
  } catch (error) {
    if (isFailure(error, "not-found")) return undefined;
    throw error;
  }
}

/** Lets a failure of this kind pass as a success. */
function unless(kind: "not-found" | "not-running"): (error: unknown) => void {
  return (error) => {
    if (!isFailure(error, kind)) throw error;
  };
}

function insecureFlag({ insecure = false }: { insecure?: boolean }): string[] {
  return insecure ? ["--insecure"] : [];
}

function setFlags({ cpu, memoryMb, diskGb, randomMac, randomSerial }: VmChanges): string[] {
  return [
    ...(cpu === undefined ? [] : ["--cpu", String(cpu)]),
    ...(memoryMb === undefined ? [] : ["--memory", String(memoryMb)]),
    ...(diskGb === undefined ? [] : ["--disk-size", String(diskGb)]),
    ...(randomMac ? ["--random-mac"] : []),
    ...(randomSerial ? ["--random-serial"] : []),
  ];
}

function localName(name: string): string {
  if (isLocalName(name)) return name;
  throw new DriverError(`tart: ${JSON.stringify(name)} is no name for a VM`, { kind: "invalid-argument" });
}

function remoteName(reference: string): string {
  try {
    parseRemoteName(reference);
    return reference;
  } catch (error) {
    if (!(error instanceof RemoteNameError)) throw error;
    throw new DriverError(`tart: ${JSON.stringify(reference)} is no name for an image`, {
      kind: "invalid-argument",
      vendorText: error.message,
    });
  }
}
