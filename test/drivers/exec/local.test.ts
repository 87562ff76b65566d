import { equal, ok, rejects } from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { localExec } from "../../../drivers/exec/local.ts";
import { OUTPUT_LIMIT_BYTES, runProcess } from "../../../drivers/exec/process.ts";
import { execContract, failure, runIn, waitUntilGone } from "./contract.ts";

describe("a program on this computer", () => {
  execContract(async () => ({ exec: localExec(), async close() {} }));

  test("starts in the folder and with the variables that were asked for", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "exec-")));
    const exec = localExec({ cwd: folder, env: { A: "1", B: "1" } });
    const { stdout } = await runIn(exec, ["sh", "-c", 'pwd; echo "$A$B"'], { env: { B: "2" } });
    equal(stdout, `${folder}\n12\n`);
    rmSync(folder, { recursive: true });
  });

  test("a missing folder is not taken for a missing program", async () => {
    await rejects(
      runIn(localExec({ cwd: "/no/such/folder" }), ["true"]),
      failure("invalid-argument", /no such folder/),
    );
  });

  test("endless output is cut off with an error", async () => {
    await rejects(runIn(localExec(), ["yes"]), failure("unexpected-output", new RegExp(`${OUTPUT_LIMIT_BYTES}`)));
  });

  test("a program that ignores SIGTERM is killed", async () => {
    const pids: number[] = [];
    const program = runProcess({
      argv: ["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 300; done"],
      what: "a stubborn program",
      env: process.env,
      timeoutSeconds: 0.3,
      killAfterSeconds: 0.1,
      onLine: (line) => pids.push(Number(line)),
    });
    await rejects(program, failure("timeout"));
    await waitUntilGone(pids[0] ?? 0);
  });

  test("what a program leaves behind does not hold up its result", async () => {
    const { exitCode, stdout } = await runIn(localExec(), ["sh", "-c", "sleep 300 & echo $!"]);
    equal(exitCode, 0);
    ok(process.kill(Number(stdout), "SIGTERM"), "it should have been left alone");
  });
});
