/** Loaded into every Node process of a measured run: says at its end how much memory it took at most. */
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import process from "node:process";

process.once("exit", () => {
  const { maxRSS } = process.resourceUsage();
  const file = path.join(process.env.BENCH_MEMORY_FOLDER ?? ".", `${process.pid}.json`);
  writeFileSync(file, JSON.stringify({ argv: process.argv, maxRssKb: maxRSS }));
});
