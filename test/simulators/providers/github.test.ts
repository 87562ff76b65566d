import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { githubProvider } from "../../../simulators/providers/github/provider.ts";
import { resourceOf } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "github-"));
const groups = resourceOf(githubProvider, "github:index/actionsRunnerGroup:ActionsRunnerGroup", "macs");
process.env.GITHUB_SIM_STATE = join(folder, "github.json");
beforeEach(() => rmSync(join(folder, "github.json"), { force: true }));
after(() => rmSync(folder, { recursive: true }));

test("a group is made, read, changed and removed", async () => {
  const { id, inputs, outs } = await groups.up({ name: "macs", visibility: "selected", selectedRepositoryIds: [2, 1] });
  equal(outs.allowsPublicRepositories, false);
  ok(String(outs.runnersUrl).endsWith(`/actions/runner-groups/${id}/runners`));
  deepEqual((await groups.read(id, outs)).props, outs);
  equal((await groups.diff(outs, { ...inputs, selectedRepositoryIds: [1, 2] })).changes, false);

  const { outs: changed } = await groups.update(id, outs, { ...inputs, selectedRepositoryIds: [3] });
  deepEqual((await groups.read(id, outs)).props.selectedRepositoryIds, [3]);
  ok(changed.etag !== outs.etag);

  await groups.delete(id, changed);
  await groups.delete(id, changed);
  equal((await groups.read(id, changed)).id, "");
  await rejects(groups.update(id, outs, inputs), /404/);
});

test("a name that is taken is refused with the vendor's text, and the group is not adopted", async () => {
  const { id } = await groups.up({ name: "macs", visibility: "all" });
  await rejects(groups.up({ name: "macs", visibility: "all" }), /409/);
  const other = await groups.up({ name: "other", visibility: "all" });
  await rejects(groups.update(other.id, other.outs, { ...other.inputs, name: "macs" }), /409/);
  ok(other.id !== id);
});

test("a group that is found by its id alone can be imported", async () => {
  const { id, inputs } = await groups.up({ name: "macs", visibility: "all" });
  deepEqual((await groups.read(id, {})).inputs, inputs);
});

test("without a name one is generated, and kept", async () => {
  const { inputs } = await groups.check({ visibility: "all" });
  ok(/^macs-[0-9a-f]{7}$/.test(inputs.name), inputs.name);
  equal((await groups.check({ visibility: "all" }, { ...inputs, name: "macs-0000000" })).inputs.name, "macs-0000000");
});

const mistakes: [string, Record<string, unknown>][] = [
  ["visibility", {}],
  ["visibility", { visibility: "public" }],
  ["selectedRepositoryIds", { visibility: "all", selectedRepositoryIds: [1] }],
  ["repositories", { visibility: "all", repositories: ["a"] }],
];
for (const [property, inputs] of mistakes) {
  test(`${JSON.stringify(inputs)} is a mistake in ${property}`, async () => {
    equal((await groups.check(inputs)).failures?.[0]?.property, property);
  });
}
