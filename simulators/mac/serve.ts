/**
 * Runs one simulated Mac as a process: `node simulators/mac/serve.ts CONFIG.json`. When it listens it writes
 * `{"pid", "port", "hostKeyLine"}` into the ready file; at SIGTERM or SIGINT it switches the Mac off and ends.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { startMac } from "./server.ts";

/** The config file: the arguments of `startMac`, and where to say that it listens. */
const configSchema = z.strictObject({
  name: z.string(),
  root: z.string(),
  port: z.number().int().optional(),
  hostKey: z.string(),
  authorizedKey: z.string(),
  path: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  readyFile: z.string(),
});

const { readyFile, ...options } = configSchema.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const mac = await startMac(options);
writeFileSync(`${readyFile}.new`, JSON.stringify({ pid: process.pid, port: mac.port, hostKeyLine: mac.hostKeyLine }));
renameSync(`${readyFile}.new`, readyFile);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, async () => {
    rmSync(readyFile, { force: true });
    await mac.close();
    process.exit(0);
  });
}
