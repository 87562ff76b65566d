/** Runs the simulated AWS on its own: `node simulators/ec2-mac/serve.ts <config.json>`. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { startEc2Mac } from "./server.ts";

const configSchema = z.strictObject({
  /** Path of the `moto_server` program. */
  motoServer: z.string(),
  /** Written with `{url, motoUrl, pid}` as soon as requests are answered. */
  readyFile: z.string(),
  port: z.number().int().nonnegative().default(0),
  /** Simulated seconds in a real one. */
  rate: z.number().nonnegative().optional(),
  stateFile: z.string().optional(),
  seed: z.string().optional(),
  hostQuota: z.union([z.number(), z.record(z.string(), z.number())]).optional(),
  /** See {@link GuestsOptions}. */
  guests: z
    .strictObject({
      folder: z.string(),
      environment: z.record(z.string(), z.string()).optional(),
      reachable: z.array(z.string()).optional(),
    })
    .optional(),
});

const configFile = process.argv[2];
if (!configFile) throw new Error("usage: node simulators/ec2-mac/serve.ts <config.json>");
const { readyFile, rate, ...options } = configSchema.parse(JSON.parse(readFileSync(configFile, "utf8")));

const server = await startEc2Mac(options);
if (rate !== undefined) server.clock.setRate(rate);
writeReady(readyFile, { url: server.url, motoUrl: server.motoUrl, pid: process.pid });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void server.close().then(() => process.exit(0));
  });
}

/** Whoever waits for the file sees all of it or nothing. */
function writeReady(file: string, content: object): void {
  writeFileSync(`${file}.tmp`, JSON.stringify(content));
  renameSync(`${file}.tmp`, file);
}
