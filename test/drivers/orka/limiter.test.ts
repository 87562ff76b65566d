import assert from "node:assert/strict";
import { test } from "node:test";
import { limiter } from "../../../drivers/orka/limiter.ts";

/** A task that ends when it is told to. */
function task() {
  let end = () => {};
  let fail = () => {};
  const done = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = () => reject(new Error("task failed"));
  });
  return { run: () => done, end, fail };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("no more than the limit run at once, the others in the order of their coming", async () => {
  const limit = limiter(2);
  const tasks = [task(), task(), task(), task()];
  const started: number[] = [];
  const all = tasks.map((t, i) =>
    limit("cluster", () => {
      started.push(i);
      return t.run();
    }),
  );
  await turn();
  assert.deepEqual(started, [0, 1]);
  tasks[1]?.end();
  await turn();
  assert.deepEqual(started, [0, 1, 2]);
  for (const t of tasks) t.end();
  await Promise.all(all);
  assert.deepEqual(started, [0, 1, 2, 3]);
  assert.equal(await limit("cluster", async () => "ran"), "ran", "all places are free again");
});

test("a task that fails frees its place", async () => {
  const limit = limiter(1);
  const first = task();
  const failed = assert.rejects(limit("cluster", first.run), /task failed/);
  const second = limit("cluster", async () => "ran");
  first.fail();
  await failed;
  assert.equal(await second, "ran");
  assert.equal(await limit("cluster", async () => "ran"), "ran");
});

test("clusters do not wait for each other", async () => {
  const limit = limiter(1);
  const first = task();
  const busy = limit("one", first.run);
  assert.equal(await limit("two", async () => "ran"), "ran");
  first.end();
  await busy;
});
