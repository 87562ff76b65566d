import { deepEqual, equal, match } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { People, type PeopleStack } from "./people.ts";

let people: People;
let stack: PeopleStack;

before(async () => {
  people = await People.start();
  stack = await people.stack({ hosts: 2 });
  await stack.allocate("mac-1");
});
after(() => people.close());

test("run refuses to start blind", async (t) => {
  const file = join(people.folder, "environment");
  const before = readFileSync(file, "utf8");
  t.after(() => writeFileSync(file, before));
  writeFileSync(file, `${before}\nBUILDKITE_API_TOKEN=''\n`);
  const { err, exitCode } = await stack.type("pool run");
  equal(exitCode, 1);
  match(err, /BUILDKITE_API_TOKEN is not set\n {2}Set it to an API access token/);
});

test("run keeps going until it is interrupted, and then ends in order", { timeout: 60_000 }, async () => {
  const fleet = join(import.meta.dirname, "../../../scripts/fleet.ts");
  const words = ["pool", "run", "--stack", stack.name, "-C", people.folder, "--json"];
  const child = spawn(process.execPath, [fleet, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  equal(JSON.parse(line).pool, "macs");
  child.kill("SIGINT");
  deepEqual(await once(child, "exit"), [0, null]);
});
