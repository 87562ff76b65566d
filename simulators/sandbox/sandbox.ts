import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import process from "node:process";
import { parse, stringify } from "yaml";
import { localExec } from "../../drivers/exec/local.ts";
import { formatProblems, parseSettings } from "../../model/settings.ts";
import { readStackFile } from "../../model/stack-file.ts";
import { findNamespaces } from "../ec2-mac/guest/namespaces.ts";
import { type KeyPair, newKeyPair } from "../mac/keys.ts";
import { type Kept, readKept, writeKept } from "./kept.ts";
import { installPlugins, pluginHome } from "./plugins.ts";
import { isOurs, type RunningProcess, startProcess, stop } from "./process.ts";
import type { ServeConfig, ServeReady } from "./serve.ts";
import { adapt, needs, type StackFile } from "./settings.ts";

const checkout = path.dirname(path.dirname(import.meta.dirname));
const toolchain = path.join(checkout, ".toolchain");
const node = path.join(toolchain, "bin/node");

/** A stack with everything that it talks to simulated, in a project folder of its own. */
export interface Sandbox {
  /** The folder of Pulumi.yaml. */
  folder: string;
  stack: string;
  /** For every program that works on the stack. */
  environment: Record<string, string>;
  addresses: ServeReady;
  process: RunningProcess;
  /** The secrets of the stack, for tests that look for them where they must not be. */
  secrets: Kept["secrets"];
}

/** Which stack to set up, and where. */
export interface SandboxOptions {
  folder: string;
  stack: string;
  /** The settings to start from; default: the stack's own file in the checkout. */
  settingsFile?: string;
  /** Simulated seconds of AWS in a real one. Default 60: a Mac boots in 6 to 20 s, and a day passes in 24 minutes. */
  ec2Rate?: number;
  /** Hears when something of before is given up for a fresh start. */
  tell?: (line: string) => void;
}

const defaultEc2Rate = 60;

/**
 * Starts the simulators for a stack, or takes up those that run already, and puts the stack's settings beside them.
 * When they are gone (the computer was restarted, say) so is what they simulated, and everything starts from nothing.
 */
export async function startSandbox(options: SandboxOptions, signal?: AbortSignal): Promise<Sandbox> {
  const folder = path.resolve(options.folder);
  const settingsFile = options.settingsFile ?? path.join(checkout, `Pulumi.${options.stack}.yaml`);
  const file = parse(readFileSync(settingsFile, "utf8")) as StackFile;
  const parsed = parseSettings(readStackFile(file));
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems, path.basename(settingsFile)));
  await installPlugins();

  const wanted = needs(parsed.settings);
  let kept = await takeUp(folder, wanted.macs, options.tell);
  const bootsInstances = findNamespaces().ok;
  const { ec2Rate = defaultEc2Rate } = options;
  if (!kept) kept = await startFresh(folder, { ...wanted, ec2Rate, bootsInstances }, signal);
  const sandbox = describe(folder, options.stack, kept);
  await writeProject(sandbox, adapt(file, kept.addresses, bootsInstances), signal);
  return sandbox;
}

/** Ends what a sandbox started and forgets what it simulated. @returns false when there was none */
export async function stopSandbox(folder: string): Promise<boolean> {
  const found = readKept(folder);
  const running = found?.kept?.process ?? found?.outdated;
  if (running) await stop([running]);
  const existed = existsSync(folder);
  rmSync(folder, { recursive: true, force: true });
  return existed;
}

/** What runs already, if it will do; what will not is ended. */
async function takeUp(
  folder: string,
  macs: readonly string[],
  tell?: (line: string) => void,
): Promise<Kept | undefined> {
  const found = readKept(folder);
  if (!found) return undefined;
  const { kept } = found;
  const knows = (name: string) => kept?.addresses.macs.some((mac) => mac.name === name);
  if (kept && isOurs(kept.process) && macs.every(knows)) return kept;
  const why = !kept
    ? "was made by another version of this checkout"
    : isOurs(kept.process)
      ? "has not all the Macs that the settings name now"
      : "no longer runs";
  tell?.(`What is in ${folder} ${why}. It is ended and forgotten, and everything starts anew.`);
  await stopSandbox(folder);
  return undefined;
}

/** What the simulators are started for. */
type Wanted = ReturnType<typeof needs> & Pick<ServeConfig, "ec2Rate" | "bootsInstances">;

async function startFresh(folder: string, wanted: Wanted, signal?: AbortSignal): Promise<Kept> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(folder, "state"), { recursive: true });
  mkdirSync(path.join(folder, "simulated"), { mode: 0o700 });
  const user: KeyPair = newKeyPair();
  const secrets = {
    sshPrivateKey: user.privateKey,
    orkaToken: newToken(),
    githubToken: newToken(),
    buildkiteApiToken: newToken(),
  };
  const { macs, ...rest } = wanted;
  // Files of its own for each start: one that was killed may still be starting, and must not be taken for this one.
  const start = randomBytes(4).toString("hex");
  const config: ServeConfig = {
    folder: path.join(folder, "simulated"),
    readyFile: path.join(folder, `simulated/ready-${start}.json`),
    motoServer: path.join(toolchain, "python/bin/moto_server"),
    registry: path.join(toolchain, "bin/registry"),
    tools: [path.join(checkout, "simulators/tart/bin")],
    node,
    macs: macs.map((name) => ({ name, hostKey: newKeyPair("ecdsa").privateKey })),
    authorizedKey: user.publicLine,
    orkaToken: secrets.orkaToken,
    buildkiteApiToken: secrets.buildkiteApiToken,
    githubToken: secrets.githubToken,
    githubGroups: githubGroups(folder),
    ...rest,
  };
  const configFile = path.join(folder, `simulated/config-${start}.json`);
  writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
  const { ready, keep, ...running } = await startProcess(
    {
      name: "the simulators",
      argv: [node, path.join(import.meta.dirname, "serve.ts"), configFile],
      env: {
        PATH: `${path.join(toolchain, "bin")}:${process.env.PATH}`,
        HOME: process.env.HOME ?? folder,
        NODE_COMPILE_CACHE: path.join(toolchain, "compile-cache"),
      },
      readyFile: config.readyFile,
      logFile: path.join(folder, "simulated/log.txt"),
    },
    signal,
  );
  const addresses = ready as ServeReady;
  const kept = writeKept(folder, { process: running, addresses, secrets, passphrase: newToken() });
  keep();
  return kept;
}

function describe(folder: string, stack: string, { process: running, addresses, secrets, passphrase }: Kept): Sandbox {
  const programs = [path.join(toolchain, "bin"), path.join(checkout, "simulators/orka/bin"), process.env.PATH];
  const environment = {
    PATH: programs.join(":"),
    PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
    PULUMI_HOME: pluginHome,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "1",
    AWS_ENDPOINT_URL: addresses.ec2Url,
    AWS_ACCESS_KEY_ID: "simulated",
    AWS_SECRET_ACCESS_KEY: "simulated",
    AWS_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    BUILDKITE_API_URL: `${addresses.buildkiteUrl}/v2`,
    BUILDKITE_AGENT_API_URL: `${addresses.buildkiteUrl}/v3`,
    GITHUB_API_URL: addresses.githubUrl,
    GITHUB_SIM_STATE: githubGroups(folder),
    MAC_SIM_NODE: node,
    // Dozens of short Node programs run during one `up`; most of their time would go into compiling.
    NODE_COMPILE_CACHE: path.join(toolchain, "compile-cache"),
  };
  return { folder, stack, environment, addresses, process: running, secrets };
}

/** Writes the project folder. A stack that is there keeps its state; its settings are brought up to date. */
async function writeProject(sandbox: Sandbox, settings: StackFile, signal?: AbortSignal): Promise<void> {
  const { folder, stack, environment, secrets } = sandbox;
  const project = parse(readFileSync(path.join(checkout, "Pulumi.yaml"), "utf8"));
  writeFileSync(path.join(folder, "Pulumi.yaml"), stringify({ ...project, main: path.relative(folder, checkout) }));
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(path.join(folder, "environment"), lines.join(""), { mode: 0o600 });
  const stackFile = path.join(folder, `Pulumi.${stack}.yaml`);
  const previous = existsSync(stackFile) ? parse(readFileSync(stackFile, "utf8")) : undefined;
  if (previous?.encryptionsalt) {
    const encrypted = Object.entries(previous.config).filter(([, value]) => isSecure(value));
    const config = { ...settings.config, ...Object.fromEntries(encrypted) };
    writeFileSync(stackFile, stringify({ encryptionsalt: previous.encryptionsalt, config }));
    if (encrypted.length === Object.keys(secrets).length) return;
  } else {
    writeFileSync(stackFile, stringify({ config: settings.config }));
  }
  await initStack(sandbox, signal);
}

function isSecure(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

async function initStack({ folder, stack, environment, secrets }: Sandbox, signal?: AbortSignal): Promise<void> {
  const exec = localExec({ cwd: folder, env: environment });
  const pulumi = async (args: string[], stdin = "") => {
    const command = { argv: ["pulumi", ...args] as const, stdin, timeoutSeconds: 60 };
    const output = await exec.run(signal ? { ...command, signal } : command);
    if (output.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${output.stderr}`);
  };
  await pulumi(["stack", "select", "--create", "--secrets-provider", "passphrase", "--stack", stack]);
  for (const [name, value] of Object.entries(secrets))
    await pulumi(["config", "set", "--secret", name, "--stack", stack], value);
}

function newToken(): string {
  return randomBytes(24).toString("hex");
}

function githubGroups(folder: string): string {
  return path.join(folder, "simulated/github.json");
}
