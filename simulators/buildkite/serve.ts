/** Runs the simulated Buildkite on its own: `node simulators/buildkite/serve.ts <config.json>`. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { createSimClock } from "../ec2-mac/clock.ts";
import { startBuildkite } from "./server.ts";

const configSchema = z.strictObject({
  /** Written with `{url, pid}` as soon as requests are answered. */
  readyFile: z.string(),
  port: z.int().nonnegative().default(0),
  /** Simulated seconds in a real one. */
  rate: z.number().nonnegative().default(1),
  organization: z.string().default("acme"),
  clusterId: z.string().optional(),
  agentToken: z.string(),
  apiToken: z.string(),
  pingIntervalSeconds: z.number().positive().default(10),
});

const configFile = process.argv[2];
if (!configFile) throw new Error("usage: node simulators/buildkite/serve.ts <config.json>");
const { readyFile, rate, ...options } = configSchema.parse(JSON.parse(readFileSync(configFile, "utf8")));

const server = await startBuildkite({ ...options, clock: createSimClock({ rate }) });
// Whoever waits for the file sees all of it or nothing.
writeFileSync(`${readyFile}.tmp`, JSON.stringify({ url: server.url, pid: process.pid }));
renameSync(`${readyFile}.tmp`, readyFile);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void server.close().then(() => process.exit(0)));
}
