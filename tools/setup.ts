/**
 * Installs the pinned tools that the local stack and the tests need, into a user cache keyed by content, and links them
 * into `.toolchain/`. Safe to repeat; offline and quick once everything is there.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { Listr } from "listr2";
import { cacheFolder, fillOnce } from "./cache.ts";
import { sdkNodeFlags } from "./language-host/node-flags.ts";

const root = path.dirname(import.meta.dirname);
const toolchain = path.join(root, ".toolchain");
const bin = path.join(toolchain, "bin");
const require = createRequire(import.meta.url);

/** Oldest Pulumi on PATH that will do: the version that everything here is tested with. */
const PULUMI_VERSION = "3.259.0";

interface GoTool {
  name: string;
  package: string;
  /** The folder below tools/ with the wrapper module that pins it. */
  module: string;
  flags?: string[];
  /** What a person should expect of the first build. */
  duration: string;
}

const pulumiEngine: GoTool = {
  name: "pulumi",
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  module: "pulumi",
  flags: [
    ...["-tags", "osusergo,grpcnotrace"],
    ...["-ldflags", `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PULUMI_VERSION}`],
  ],
  duration: "about five minutes, once",
};
const goTools: GoTool[] = [
  {
    name: "registry",
    package: "github.com/google/go-containerregistry/cmd/registry",
    module: "registry",
    duration: "seconds",
  },
  {
    name: "actionlint",
    package: "github.com/rhysd/actionlint/cmd/actionlint",
    module: "actionlint",
    duration: "seconds",
  },
];

type Report = (text: string) => void;

/** Runs a program to its end, passing its lines on. The end of its output goes into the error. */
function run(command: string, args: string[], cwd: string, onLine: Report): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const last: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => {
        last.push(line);
        if (last.length > 15) last.shift();
        onLine(line);
      });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`${command} ${args[0]} failed:\n${last.join("\n")}\nMend that, then type the same command again.`),
        );
    });
  });
}

/** Says what is going on at most once a second on a terminal and every 20 seconds in a log. */
function progress(report: Report, duration: string): Report {
  const started = Date.now();
  const pauseMs = process.stdout.isTTY ? 1_000 : 20_000;
  let last = process.stdout.isTTY ? 0 : started;
  return (text) => {
    if (Date.now() - last < pauseMs) return;
    last = Date.now();
    report(`${Math.round((last - started) / 1000)} s (${duration}): ${text}`);
  };
}

async function buildGoTool(tool: GoTool, report: Report): Promise<void> {
  const module = path.join(root, "tools", tool.module);
  const pins = ["go.mod", "go.sum"].map((file) => readFileSync(path.join(module, file), "utf8"));
  const folder = cacheFolder(tool.name, [...pins, ...(tool.flags ?? [])]);
  await fillOnce(folder, async (into) => {
    const tell = progress(report, tool.duration);
    let built = 0;
    const args = ["build", "-v", ...(tool.flags ?? []), "-o", path.join(into, tool.name), tool.package];
    await run("go", args, module, (line) => {
      const isDownload = line.startsWith("go: downloading");
      if (!isDownload) built += 1;
      tell(isDownload ? line.replace("go: ", "") : `${built} packages built, now ${line}`);
    });
  });
  place(path.join(folder, tool.name), tool.name);
}

/** A hard link where it can be, a copy elsewhere: the engine compares its own path and warns about symbolic links. */
function place(file: string, name: string): void {
  replaceProgram(name, (target) => {
    try {
      linkSync(file, target);
    } catch {
      copyFileSync(file, target);
    }
  });
}

/** Somebody may be running the one that is there, or about to: it is never missing. */
function replaceProgram(name: string, write: (target: string) => void): void {
  const next = path.join(bin, `.${name}.${process.pid}`);
  rmSync(next, { force: true });
  write(next);
  renameSync(next, path.join(bin, name));
  // Two links to the same file are one already, and then the rename does nothing.
  rmSync(next, { force: true });
}

function writeProgram(name: string, text: string): void {
  replaceProgram(name, (file) => {
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  });
}

function linkNode(): void {
  replaceProgram("node", (target) => symlinkSync(process.execPath, target));
}

/** The version of a Pulumi on PATH that is not ours, when it is new enough. */
function usablePulumiOnPath(): string | undefined {
  const elsewhere = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => path.resolve(folder) !== bin);
  try {
    const env = { ...process.env, PATH: elsewhere.join(path.delimiter), PULUMI_SKIP_UPDATE_CHECK: "1" };
    const version = execFileSync("pulumi", ["version"], { env, encoding: "utf8" }).trim().replace(/^v/, "");
    const [major, minor] = version.split(".").map(Number);
    const [wantedMajor, wantedMinor] = PULUMI_VERSION.split(".").map(Number);
    return major === wantedMajor && (minor ?? 0) >= (wantedMinor ?? 0) ? version : undefined;
  } catch {
    return undefined;
  }
}

async function installEngine(report: Report): Promise<string> {
  const found = usablePulumiOnPath();
  if (found) {
    for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"])
      rmSync(path.join(bin, name), { force: true });
    return `Pulumi ${found} from PATH`;
  }
  await buildGoTool(pulumiEngine, report);
  const host = path.join(root, "tools/language-host/main.ts");
  writeProgram("pulumi-language-nodejs", `#!/bin/sh\nexec '${path.join(bin, "node")}' '${host}' "$@"\n`);
  const provider = [...sdkNodeFlags, require.resolve("@pulumi/pulumi/cmd/dynamic-provider")].join("' '");
  writeProgram("pulumi-resource-pulumi-nodejs", `#!/bin/sh\nexec '${path.join(bin, "node")}' '${provider}' "$@"\n`);
  return `Pulumi ${PULUMI_VERSION}`;
}

async function installPython(report: Report): Promise<void> {
  const requirements = path.join(root, "tools/python/requirements.txt");
  const version = execFileSync("python3", ["--version"], { encoding: "utf8" }).trim();
  const folder = cacheFolder("python", [version, readFileSync(requirements, "utf8")]);
  await fillOnce(folder, async (into) => {
    const tell = progress(report, "about a minute, once");
    await run("python3", ["-m", "venv", into], root, tell);
    await run(path.join(into, "bin/pip"), ["install", "--no-deps", "--requirement", requirements], root, tell);
  });
  const link = path.join(toolchain, "python");
  const next = `${link}.${process.pid}`;
  symlinkSync(folder, next);
  renameSync(next, link);
}

if (process.argv.includes("--help")) {
  console.log(
    "Usage: node tools/setup.ts\nInstalls the pinned tools into a user cache and links them into .toolchain/.",
  );
  process.exit(0);
}
mkdirSync(bin, { recursive: true });
linkNode();
const quiet = existsSync(path.join(toolchain, "ready"));
rmSync(path.join(toolchain, "ready"), { force: true });
const tasks = new Listr(
  [
    {
      title: "Pulumi engine",
      task: async (_, task) => {
        task.title = await installEngine((text) => (task.output = text));
      },
    },
    {
      title: "AWS simulator and shellcheck (Python)",
      task: (_, task) => installPython((text) => (task.output = text)),
    },
    ...goTools.map((tool) => ({
      title: tool.name,
      task: (_: unknown, task: { output: string }) =>
        buildGoTool(tool, (text) => {
          task.output = text;
        }),
    })),
  ],
  { concurrent: true, renderer: quiet ? "silent" : "default", fallbackRenderer: quiet ? "silent" : "simple" },
);
try {
  await tasks.run();
  writeFileSync(path.join(toolchain, "ready"), "");
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
