/**
 * A simulated Orka cluster as a process of its own: `node serve.ts CONFIG.json`.
 * The config is `ClusterOptions` as JSON plus `readyFile`, which gets `{"url": ...}` once the cluster listens.
 * It ends on SIGTERM or SIGINT.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { ClusterOptions } from "./cluster.ts";
import { startCluster } from "./cluster.ts";

const configFile = process.argv[2];
if (!configFile) {
  console.error("usage: serve.ts CONFIG.json");
  process.exit(2);
}
const config = JSON.parse(readFileSync(configFile, "utf8")) as ClusterOptions & { readyFile: string };
const cluster = await startCluster(config);
writeFileSync(`${config.readyFile}.next`, JSON.stringify({ url: cluster.url }));
renameSync(`${config.readyFile}.next`, config.readyFile);

async function end(): Promise<void> {
  rmSync(config.readyFile, { force: true });
  await cluster.close();
  process.exit(0);
}
process.once("SIGTERM", end);
process.once("SIGINT", end);
