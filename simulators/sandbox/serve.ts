/**
 * Everything that the fleet talks to, simulated, in one process: `node simulators/sandbox/serve.ts CONFIG.json`.
 * It writes its ready file once all of it answers. It ends at SIGTERM or SIGINT, and when its stdin closes before it
 * has read `keep` there: then whoever started it was killed and does not know of it.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { startBuildkite } from "../buildkite/server.ts";
import { createSimClock } from "../ec2-mac/clock.ts";
import { startEc2Mac } from "../ec2-mac/server.ts";
import { startGithub } from "../github/server.ts";
import type { GroupState } from "../github/state.ts";
import { startMac } from "../mac/server.ts";
import { startCluster } from "../orka/cluster.ts";
import { type RunnerGroup, readGroups } from "../providers/github/state.ts";
import { publishImage } from "../registry/publish.ts";
import { startRegistry } from "../registry/server.ts";

const configSchema = z.strictObject({
  folder: z.string(),
  readyFile: z.string(),
  motoServer: z.string(),
  registry: z.string(),
  tools: z.array(z.string()),
  node: z.string(),
  macs: z.array(z.strictObject({ name: z.string(), hostKey: z.string() })),
  authorizedKey: z.string(),
  orkaToken: z.string(),
  buildkiteApiToken: z.string(),
  githubToken: z.string(),
  /** The GitHub organization of the runners, and the file in which the stand-in for the vendor's plugin keeps their groups. */
  owner: z.string(),
  githubGroups: z.string(),
  /** The Buildkite organization, by its slug, and the cluster that its Macs belong to. */
  organization: z.string(),
  cluster: z.string(),
  /** Simulated seconds of AWS and its Macs in a real one. */
  ec2Rate: z.number(),
  /** True where instances really boot. */
  bootsInstances: z.boolean(),
  orkaImages: z.array(z.strictObject({ name: z.string(), sizeGb: z.number() })),
  orkaNodes: z.number(),
  /** `repository:tag` of each image in the registry. */
  tartImages: z.array(z.strictObject({ repository: z.string(), tag: z.string() })),
});

/** What the sandbox's process is told. */
export type ServeConfig = z.infer<typeof configSchema>;

/** What it answers once everything runs. */
export interface ServeReady {
  ec2Url: string;
  buildkiteUrl: string;
  githubUrl: string;
  orkaUrl: string;
  registryAddress: string;
  macs: { name: string; port: number; hostKey: string }[];
}

/** Simulated seconds in a real one: a VM boots in a second. */
const orkaSpeed = 30;
const orkaNode = { cpu: 24, memoryGb: 96 };

/** How often the simulators look whether somebody still wants them. */
const lookSeconds = 5;

const configFile = process.argv[2] ?? "";
const config = configSchema.parse(JSON.parse(readFileSync(configFile, "utf8")));
const inFolder = (...parts: string[]) => path.join(config.folder, ...parts);

const ending: (() => Promise<void>)[] = [];
async function startAll(): Promise<ServeReady> {
  // One clock for both: the controller gives tokens their end by the time of AWS.
  const clock = createSimClock({ rate: config.ec2Rate });
  const { organization, cluster: clusterId, buildkiteApiToken: apiToken } = config;
  const buildkite = await startBuildkite({ clock, organization, clusterId, apiToken });
  ending.push(() => buildkite.close());
  const groups = () => readGroups(config.githubGroups).map(asGroup);
  const github = await startGithub({ clock, organization: config.owner, token: config.githubToken, groups });
  ending.push(() => github.close());
  const environment = { BUILDKITE_AGENT_ENDPOINT: buildkite.agentApiUrl };
  const guests = { folder: inFolder("ec2-macs"), environment, reachable: [buildkite.url, github.url] };
  const ec2 = startEc2Mac({
    motoServer: config.motoServer,
    stateFile: inFolder("ec2.json"),
    clock,
    ...(config.bootsInstances && { guests }),
  });
  const cluster = await startCluster({
    stateFile: inFolder("orka.json"),
    token: config.orkaToken,
    images: config.orkaImages,
    nodes: Array.from({ length: config.orkaNodes }, (_, index) => ({
      name: `orka-node-${index + 1}`,
      ip: `10.221.188.${20 + index}`,
      ...orkaNode,
    })),
    speed: orkaSpeed,
  });
  ending.push(() => cluster.close());
  const registry = await startRegistry({ binary: config.registry });
  ending.push(() => registry.close());
  for (const { repository, tag } of config.tartImages) await publishImage(registry.address, repository, tag);
  const macs = await Promise.all(config.macs.map(startOneMac));
  const aws = await ec2;
  ending.push(() => aws.close());
  const { address: registryAddress } = registry;
  return {
    ec2Url: aws.url,
    buildkiteUrl: buildkite.url,
    githubUrl: github.url,
    orkaUrl: cluster.url,
    registryAddress,
    macs,
  };
}

function asGroup({
  id,
  name,
  visibility,
  selectedRepositoryIds = [],
  allowsPublicRepositories,
}: RunnerGroup): GroupState {
  const visible = z.enum(["all", "private", "selected"]).parse(visibility);
  const repositoryIds = selectedRepositoryIds;
  return { id, name, visibility: visible, repositoryIds, allowsPublicRepositories, isDefault: false };
}

async function startOneMac({ name, hostKey }: ServeConfig["macs"][number]): Promise<ServeReady["macs"][number]> {
  const root = inFolder("macs", name);
  const options = { name, root, hostKey, authorizedKey: config.authorizedKey, path: config.tools };
  const { NODE_COMPILE_CACHE = "" } = process.env;
  const mac = await startMac({ ...options, env: { MAC_SIM_NODE: config.node, NODE_COMPILE_CACHE } });
  ending.push(() => mac.close());
  return { name, port: mac.port, hostKey: mac.hostKeyLine };
}

async function endAll(exitCode: number): Promise<never> {
  await starting.catch(() => undefined);
  rmSync(config.readyFile, { force: true });
  await Promise.allSettled(ending.map((end) => end()));
  process.exit(exitCode);
}

async function endUnlessKept(): Promise<void> {
  let said = "";
  for await (const chunk of process.stdin) said += chunk;
  if (!said.includes("keep")) await endAll(1);
}

const starting = startAll();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => endAll(0));
void endUnlessKept();
// Whoever deletes the folder, alone or with its checkout, is done with the simulators.
setInterval(() => existsSync(configFile) || void endAll(0), lookSeconds * 1000);
try {
  writeFileSync(`${config.readyFile}.new`, JSON.stringify(await starting));
  renameSync(`${config.readyFile}.new`, config.readyFile);
} catch (error) {
  console.error(error);
  await endAll(1);
}
