import { DriverError } from "../../../drivers/errors.ts";
import type { Exec } from "../../../drivers/exec/types.ts";

/** Lets calls through until the connection breaks for good when the `at`-th, counted from 0, has done its work. */
export function breakingExec(exec: Exec, at: number): Exec & { hasBroken: boolean } {
  let calls = 0;
  return {
    where: exec.where,
    get hasBroken() {
      return calls > at;
    },
    async run(command) {
      const call = calls++;
      if (call < at) return exec.run(command);
      if (call === at) await exec.run(command);
      throw new DriverError("the connection broke", { kind: "unreachable" });
    },
  };
}
