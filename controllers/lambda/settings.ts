import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import type { StandingPolicy } from "../pool/pool.ts";

const tags = z.record(z.string(), z.string());
const seconds = z.number();

const policy: z.ZodType<StandingPolicy> = z.object({
  mark: tags,
  hosts: z.array(z.object({ name: z.string(), zone: z.string(), standing: z.boolean().optional() })),
  hostTags: tags,
  zones: z.array(z.string()),
  instanceTypes: z.array(z.string()),
  seed: z.number(),
  recycleBy: z.enum(["replace-root-volume", "terminate"]),
  floor: z.number(),
  promisedReady: z.number(),
  sizing: z.object({ least: z.number(), most: z.number(), deviations: z.number(), answered: z.number() }).optional(),
  staggerSeconds: seconds,
  softLifeSeconds: seconds,
  softLifeSpreadSeconds: seconds,
  graceSeconds: seconds,
  hardLifeSeconds: seconds,
  sweepSeconds: seconds,
  maxJobs: z.number(),
  minAlive: z.number(),
  fullScrubEverySeconds: seconds,
  bootLimitSeconds: seconds,
  setUpLimitSeconds: seconds,
  absenceLimitSeconds: seconds,
  doubtCiSeconds: seconds,
  launchLoopSeconds: seconds,
  setUpLoopSeconds: seconds,
  calmLoopSeconds: seconds,
  settleSeconds: seconds,
  clockMarginSeconds: seconds,
  leaseSeconds: seconds,
  breakerFailures: z.number(),
  breakerPauseSeconds: seconds,
  breakerPauseLimitSeconds: seconds,
  capacityPauseSeconds: seconds,
  capacityPauseLimitSeconds: seconds,
});

const runner = z.discriminatedUnion("ci", [
  z.object({
    ci: z.literal("buildkite"),
    organization: z.string(),
    /** The id of the cluster whose agent tokens the Macs get. */
    cluster: z.string(),
    queue: z.string(),
    /** Of the REST API. Default: Buildkite's own. */
    url: z.string().optional(),
    /** Of the agents' API, which counts the jobs that wait. Default: Buildkite's own. */
    agentUrl: z.string().optional(),
  }),
  z.object({
    ci: z.literal("github"),
    owner: z.string(),
    runnerGroup: z.string(),
    labels: z.tuple([z.string()], z.string()),
    /** Default: GitHub's own. */
    url: z.string().optional(),
  }),
]);

const schema = z.object({
  /** The pool's partition in the table. */
  poolId: z.string(),
  /** The pool's name. */
  pool: z.string(),
  /** The fleet's mark. */
  fleetId: z.string(),
  /** The metrics' dimension `Fleet`: the fleet's name and the stack's. */
  fleet: z.string(),
  region: z.string(),
  policy,
  template: z.object({ templateName: z.string(), tags, subnets: z.record(z.string(), z.string()) }),
  /** The DynamoDB table. */
  table: z.string(),
  /** The group of the one-time schedules. */
  scheduleGroup: z.string(),
  /** The role by which those schedules end instances. */
  schedulerRoleArn: z.string(),
  /** The unique id of the instances' role. */
  instanceRoleId: z.string(),
  runner,
  /** The parameter with the token for the CI system's API. */
  apiTokenParameter: z.string(),
  metricNamespace: z.string(),
});

/** What the pool's controller in AWS is told by its environment. */
export type LambdaPoolSettings = z.infer<typeof schema>;

const sweeperSchema = schema.pick({ pool: true, fleet: true, region: true }).extend({
  policy: z.object({ mark: tags, sweepSeconds: seconds }),
  /** Who is told of what it did. */
  topicArn: z.string().optional(),
});

/** What the pool's sweeper is told: of the policy its own part alone, so that no mistake elsewhere keeps it from its work. */
export type SweeperSettings = z.infer<typeof sweeperSchema>;

/** The variable that holds a function's settings. */
export const settingsVariable = "FLEET_POOL";

const packedPrefix = "gzip:";

/** For the environment: compressed, because all variables of a function may have 4 KB together. */
export function encodeSettings(settings: LambdaPoolSettings | SweeperSettings): string {
  return packedPrefix + gzipSync(JSON.stringify(settings), { level: 9 }).toString("base64");
}

/** Reads the controller's settings, compressed or as they are. @throws Error that names the variable and what is wrong */
export function readSettings(text: string | undefined): LambdaPoolSettings {
  return decode(schema, text);
}

/** Reads the sweeper's settings. @throws Error as `readSettings` */
export function readSweeperSettings(text: string | undefined): SweeperSettings {
  return decode(sweeperSchema, text);
}

function decode<T>(schema: z.ZodType<T>, text: string | undefined): T {
  if (!text) throw new Error(`the variable ${settingsVariable} is not set`);
  const packed = text.startsWith(packedPrefix);
  const json = packed ? gunzipSync(Buffer.from(text.slice(packedPrefix.length), "base64")).toString("utf8") : text;
  const parsed = schema.safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data;
  throw new Error(`the variable ${settingsVariable} does not fit:\n${z.prettifyError(parsed.error)}`);
}
