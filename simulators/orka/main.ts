import { text } from "node:stream/consumers";
import { runOrka3 } from "./cli/run.ts";

process.exitCode = await runOrka3(process.argv.slice(2), {
  env: process.env,
  stdin: () => text(process.stdin),
  out: (line) => process.stdout.write(line),
  err: (line) => process.stderr.write(line),
  die: () => process.kill(process.pid, "SIGKILL"),
});
