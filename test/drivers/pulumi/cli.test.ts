import assert from "node:assert/strict";
import { test } from "node:test";
import { isFailure } from "../../../drivers/errors.ts";
import type { Exec, Output } from "../../../drivers/exec/types.ts";
import { parseLockHolders, pulumiCli, StackLocked } from "../../../drivers/pulumi/cli.ts";

/** Answers each command line with what it starts with. */
function fakeExec(answers: Record<string, Partial<Output>>): Exec & { calls: string[] } {
  const calls: string[] = [];
  return {
    where: "a test",
    calls,
    async run({ argv }) {
      const line = argv.join(" ");
      calls.push(line);
      const found = Object.keys(answers).find((start) => line.startsWith(start));
      assert.ok(found, `nobody expected: ${line}`);
      return { exitCode: 0, stdout: "", stderr: "", ...answers[found] };
    },
  };
}

const locked = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///state/.pulumi/locks/organization/p/s/1.json: created by dev@laptop (pid 4711) at 2026-11-21T02:03:04Z`;

test("who holds a lock is read from the engine's words", () => {
  assert.deepEqual(parseLockHolders(locked), [
    { user: "dev", host: "laptop", pid: 4711, since: "2026-11-21T02:03:04Z" },
  ]);
  assert.deepEqual(parseLockHolders("error: something else"), []);
});

test("a locked stack is told from other failures", async () => {
  const pulumi = pulumiCli(fakeExec({ "pulumi refresh": { exitCode: 255, stderr: locked } }), "s");
  await assert.rejects(
    pulumi.refreshAndClearPending(),
    (error) => error instanceof StackLocked && error.holders[0]?.pid === 4711,
  );
  const other = pulumiCli(fakeExec({ "pulumi refresh": { exitCode: 255, stderr: "error: no network" } }), "s");
  await assert.rejects(
    other.refreshAndClearPending(),
    (error) => isFailure(error, "failed") && /no network/.test(error.message),
  );
});

test("a stack that was never deployed has no resources", async () => {
  const pulumi = pulumiCli(fakeExec({ "pulumi stack export": { stdout: '{"version":3,"deployment":{}}' } }), "s");
  assert.deepEqual(await pulumi.exportState(), { resources: [], pending: [] });
});

test("an unknown answer is an error, not an empty state", async () => {
  const pulumi = pulumiCli(fakeExec({ "pulumi stack export": { stdout: "Enter your passphrase" } }), "s");
  await assert.rejects(pulumi.exportState(), (error) => isFailure(error, "unexpected-output"));
});

test("only what would be created is planned; updates and what stays are not", async () => {
  const step = (op: string) => ({ op, urn: op, newState: { urn: op, type: "t", inputs: { name: "n" } } });
  const stdout = JSON.stringify({ steps: [step("create"), step("same"), step("update"), { op: "delete", urn: "d" }] });
  const planned = await pulumiCli(fakeExec({ "pulumi preview": { stdout } }), "s").plannedCreates();
  assert.deepEqual(
    planned.map(({ urn }) => urn),
    ["create"],
  );
});

test("secrets stay where they are unless they are asked for", async () => {
  const exec = fakeExec({
    "pulumi config": { stdout: '{"p:token":{"secret":true},"aws:region":{"value":"r","secret":false}}' },
  });
  assert.deepEqual(await pulumiCli(exec, "s").config({ showSecrets: false }), {
    "p:token": { value: undefined, isSecret: true },
    "aws:region": { value: "r", isSecret: false },
  });
  assert.doesNotMatch(exec.calls[0] ?? "", /show-secrets/);
});

test("a state that another run is just writing is read again, and not for ever", async () => {
  const half = "error: failed to load checkpoint: EOF";
  const exec = (halves: number): Exec & { calls: string[] } => {
    const calls: string[] = [];
    return {
      where: "a test",
      calls,
      async run({ argv }) {
        calls.push(argv.join(" "));
        return calls.length > halves
          ? { exitCode: 255, stdout: "", stderr: locked }
          : { exitCode: 255, stdout: "", stderr: half };
      },
    };
  };
  const passing = exec(2);
  await assert.rejects(pulumiCli(passing, "s").refreshAndClearPending(), (error) => error instanceof StackLocked);
  assert.equal(passing.calls.length, 3);
  const lasting = exec(99);
  await assert.rejects(pulumiCli(lasting, "s").refreshAndClearPending(), /failed to load checkpoint/);
  assert.equal(lasting.calls.length, 5);
});
