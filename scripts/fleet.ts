import process from "node:process";
import { Command } from "commander";
import { addFleetCommands } from "./program.ts";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));

const program = addFleetCommands(new Command("fleet"), interrupted.signal, (exitCode) => {
  process.exitCode = exitCode;
});
await program.parseAsync();
