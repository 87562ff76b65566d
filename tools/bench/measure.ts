import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import process from "node:process";
import { stringify } from "yaml";

const checkout = path.dirname(path.dirname(import.meta.dirname));
const bin = path.join(checkout, ".toolchain/bin");

/** A Pulumi project to preview. */
export interface Project {
  name: string;
  /** The folder of the program; its package.json says where it starts. */
  program: string;
  settings: { config: Record<string, unknown> };
}

/** One preview of a stack that does not exist yet. */
export interface Preview {
  seconds: number;
  resources: number;
  /** How many resources of each type. */
  types: Record<string, number>;
  /** Peak memory of the program's process. */
  programMb: number;
}

/** Previews a project once, on a state of its own. @throws Error with the engine's words when the preview fails */
export function preview(project: Project): Preview {
  const folder = mkdtempSync(path.join(tmpdir(), "fleet-bench-"));
  try {
    mkdirSync(path.join(folder, "state"));
    mkdirSync(path.join(folder, "memory"));
    const runtime = { name: "nodejs", options: { typescript: false } };
    const main = path.relative(folder, project.program);
    writeFileSync(path.join(folder, "Pulumi.yaml"), stringify({ name: "mac-runner-fleet", main, runtime }));
    writeFileSync(path.join(folder, "Pulumi.bench.yaml"), stringify(project.settings));
    const env = environment(folder);
    pulumi(["stack", "init", "bench", "--secrets-provider", "passphrase"], folder, env);
    const started = performance.now();
    const output = pulumi(["preview", "--json", "--stack", "bench"], folder, env);
    const seconds = (performance.now() - started) / 1000;
    const { steps = [] } = JSON.parse(output) as { steps?: { newState: { type: string } }[] };
    const types = Object.entries(Object.groupBy(steps, ({ newState }) => newState.type));
    return {
      seconds,
      resources: steps.length,
      types: Object.fromEntries(types.map(([type, found]) => [type, found?.length ?? 0])),
      programMb: programMemory(path.join(folder, "memory")),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    PULUMI_HOME: path.join(checkout, ".toolchain/pulumi-home"),
    PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "bench",
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "1",
    AWS_ACCESS_KEY_ID: "simulated",
    AWS_SECRET_ACCESS_KEY: "simulated",
    BENCH_MEMORY_FOLDER: path.join(folder, "memory"),
    NODE_OPTIONS: `--import=${path.join(import.meta.dirname, "report-memory.ts")}`,
  };
}

function pulumi(args: string[], cwd: string, env: NodeJS.ProcessEnv): string {
  const result = spawnSync("pulumi", [...args, "--non-interactive"], {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 1024 ** 3,
  });
  if (result.status === 0) return result.stdout;
  throw new Error(`pulumi ${args.join(" ")} failed:\n${result.stderr}\n${result.stdout.slice(-2000)}`);
}

/** The process that ran the program, among all that reported. */
function programMemory(folder: string): number {
  const reports = readdirSync(folder).map((file) => JSON.parse(readFileSync(path.join(folder, file), "utf8")));
  const program = reports.find(({ argv }: { argv: string[] }) => argv.some((part) => part.includes("cmd/run")));
  return Math.round((program?.maxRssKb ?? 0) / 1024);
}

/** The middle one of several measurements. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
