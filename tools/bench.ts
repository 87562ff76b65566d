/** `npm run bench`: how long previews take, side by side in one run. Not a test: it prints what it saw. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import * as path from "node:path";
import process from "node:process";
import { parse } from "yaml";
import { median, type Preview, type Project, preview } from "./bench/measure.ts";
import { fleetOf } from "./bench/settings.ts";

const usage = `Usage: npm run bench [-- --quick]

Prints the preview of the production stack against an empty program and against a flat program of as many plain
resources, the start of index.ts alone, and previews of growing fleets. Takes about ten minutes.

  --quick   fewer rounds, and no fleets above 100 machines: a look in about a minute`;

const checkout = path.dirname(import.meta.dirname);
const quick = process.argv.includes("--quick");
const rounds = quick ? 2 : 5;
const fleets = quick ? [10, 100] : [10, 100, 1000, 5000];
const goal = 1.25;

const program = (name: string) => path.join(import.meta.dirname, "bench/programs", name);
const fleetProject = (name: string, settings: Project["settings"]): Project => ({ name, program: checkout, settings });

function productionSettings(): Project["settings"] {
  const { config } = parse(readFileSync(path.join(checkout, "Pulumi.production.yaml"), "utf8"));
  return { config };
}

/** As many plain resources of each provider as the fleet has; see programs/flat. */
function flatProject({ types }: Preview): Project {
  const count = (matches: (type: string) => boolean) =>
    Object.entries(types).reduce((sum, [type, found]) => sum + (matches(type) ? found : 0), 0);
  const hosts = count((type) => type.endsWith(":DedicatedHost"));
  const mix = {
    hosts,
    otherAws: count((type) => type.startsWith("aws:")) - hosts,
    commands: count((type) => type.startsWith("command:")),
    runnerGroups: count((type) => type.startsWith("github:")),
    dynamic: count((type) => type.startsWith("pulumi-nodejs:")),
    random: count((type) => type.startsWith("random:") || type.startsWith("mac-runner-fleet:")),
  };
  return {
    name: "flat program",
    program: program("flat"),
    settings: { config: { "aws:region": "us-east-1", "mac-runner-fleet:mix": mix } },
  };
}

/** Rounds of one preview of each, so that a slow moment of the computer meets all of them. */
function compare(projects: Project[]): Map<string, Preview> {
  const seen = new Map<string, Preview[]>(projects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const project of projects) seen.get(project.name)?.push(preview(project));
  return new Map(
    [...seen].map(([name, previews]) => {
      const seconds = median(previews.map((one) => one.seconds));
      return [name, { ...(previews[0] as Preview), seconds, programMb: median(previews.map((one) => one.programMb)) }];
    }),
  );
}

/** Imports index.ts's modules in a process of its own, against importing the SDK alone. */
function startSeconds(script: string): number {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: checkout });
    return (performance.now() - started) / 1000;
  });
  return median(times);
}

function line(name: string, { seconds, resources, programMb }: Preview, note = ""): string {
  return `  ${name.padEnd(16)}${seconds.toFixed(2).padStart(8)} s${String(resources).padStart(8)} resources${String(programMb).padStart(7)} MB  ${note}`;
}

function main(): void {
  const env = { ...process.env, PATH: `${path.join(checkout, ".toolchain/bin")}:${process.env.PATH}` };
  const engine = execFileSync("pulumi", ["version"], { encoding: "utf8", env }).trim();
  console.log(
    `Pulumi ${engine}, Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${Math.round(totalmem() / 1024 ** 3)} GB`,
  );
  console.log(
    `Previews of a stack that does not exist yet; medians of ${rounds} alternating rounds; memory is the program's peak.\n`,
  );

  const production = fleetProject("production", productionSettings());
  const flat = flatProject(preview(production));
  const seen = compare([
    { name: "empty program", program: program("empty"), settings: { config: {} } },
    flat,
    production,
  ]);
  const [empty, plain, ours] = [...seen.values()] as [Preview, Preview, Preview];
  const ratio = ours.seconds / plain.seconds;
  console.log(line("empty program", empty));
  console.log(line("flat program", plain));
  console.log(line("production", ours, `${ratio.toFixed(2)} times the flat program (goal: at most ${goal})`));

  const sdk = startSeconds("await import('@pulumi/pulumi')");
  const components = startSeconds(
    "await import('./components/pool.ts'); await import('./components/runner-groups.ts'); await import('./components/fleet-id.ts')",
  );
  console.log(
    `\nStart of index.ts alone: ${components.toFixed(2)} s for all that it imports; the SDK alone takes ${sdk.toFixed(2)} s.\n`,
  );

  console.log("Growing fleets (once each):");
  for (const machines of fleets) {
    const grown = preview(fleetProject(`${machines} machines`, fleetOf(machines)));
    const note = `${((1000 * (grown.seconds - empty.seconds)) / machines).toFixed(1)} ms and ${(grown.resources / machines).toFixed(2)} resources a machine`;
    console.log(line(`${machines} machines`, grown, note));
  }
}

if (process.argv.includes("--help")) console.log(usage);
else main();
