import assert from "node:assert/strict";
import { test } from "node:test";
import { isWhole } from "../support/bounded.ts";
import { startStack } from "./stack.ts";

// A minute: it runs with `make test-all`.
if (isWhole)
  test("the production fleet itself comes up, whole, and stays as it is", async () => {
    const stack = await startStack("production");
    try {
      const up = await stack.run("up", "--yes", "--skip-preview");
      assert.equal(up.code, 0, up.stdout + up.stderr);
      const status = await stack.fleet("status", "--json");
      assert.equal(status.code, 0, status.stdout + status.stderr);
      const states = (JSON.parse(status.stdout) as { pool: string; state: string }[]).map(
        ({ pool, state }) => `${pool} ${state}`,
      );
      const counts = Object.entries(Object.groupBy(states, (state) => state)).map(([state, found]) => [
        state,
        found?.length,
      ]);
      assert.deepEqual(counts, [
        ["macm1 available", 8],
        ["orka running", 18],
        ["office running", 6],
      ]);
      const again = await stack.run("preview", "--expect-no-changes");
      assert.equal(again.code, 0, again.stdout + again.stderr);
    } finally {
      await stack.end();
    }
  });
