import { tart } from "./program.ts";
import type { World } from "./world.ts";

const world: World = {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: () => process.stdin,
  die: () => process.kill(process.pid, "SIGKILL"),
};

process.exitCode = await tart(process.argv.slice(2), world);
