import { deepEqual, equal, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { migrationReport } from "../../../model/cirrus/report.ts";
import type { CiSystem } from "../../../model/cirrus/variables.ts";
import { renderMigration } from "../../../scripts/cirrus-render.ts";
import { toolPath } from "../../support/tools.ts";
import { interpolate } from "./interpolate.ts";
import { migrate } from "./read.ts";

/** Files as people have them, one subject each; what they become is kept beside them. */
const folder = path.join(import.meta.dirname, "files");
const files = readdirSync(folder).map((file) => ({ file, text: readFileSync(path.join(folder, file), "utf8") }));
const systems: CiSystem[] = ["buildkite", "github"];

function rendered(text: string, ci: CiSystem): string {
  return renderMigration(migrate(text, { ci }))[0]?.text ?? "";
}

for (const { file, text } of files)
  for (const ci of systems)
    test(`${file} for ${ci}`, (t) => {
      const migration = migrate(text, { ci });
      const parts = renderMigration(migration).map((made) => `=== ${made.name}\n${made.text}`);
      const whole = [...parts, `=== report\n${migrationReport(migration, file)}\n`].join("\n");
      const snapshot = path.join(import.meta.dirname, `snapshots/${path.basename(file, ".yml")}.${ci}.snap`);
      t.assert.fileSnapshot(whole, snapshot, { serializers: [(value) => value] });
    });

/** The command line of actionlint without the checks of shell scripts: those are the users' own. */
function actionlint(t: TestContext, workflows: Record<string, string>): string {
  const root = mkdtempSync(path.join(tmpdir(), "workflows-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(path.join(root, ".github/workflows"), { recursive: true });
  mkdirSync(path.join(root, ".git"));
  for (const [name, text] of Object.entries(workflows)) writeFileSync(path.join(root, ".github/workflows", name), text);
  const checked = spawnSync(toolPath("actionlint"), ["-no-color", "-oneline", "-shellcheck=", "-pyflakes="], {
    cwd: root,
    encoding: "utf8",
  });
  return checked.stdout + checked.stderr;
}

test("actionlint finds nothing in any workflow", (t) => {
  equal(actionlint(t, Object.fromEntries(files.map(({ file, text }) => [file, rendered(text, "github")]))), "");
});

test("actionlint would find a workflow that needs an unknown job", (t) => {
  const text = rendered(readFileSync(path.join(folder, "deploy.yml"), "utf8"), "github");
  ok(actionlint(t, { "bad.yml": text.replace("- unit\n", "- nobody\n") }).includes("nobody"));
});

const Step = z.union([
  z.strictObject({
    block: z.string(),
    key: z.string(),
    depends_on: z.array(z.string()).nullable().optional(),
    if: z.string().optional(),
  }),
  z.strictObject({
    label: z.string(),
    key: z.string().regex(/^[a-z][a-z0-9-]*$/),
    depends_on: z.array(z.string()).nullable().optional(),
    if: z.string().optional(),
    if_changed: z
      .union([z.array(z.string()), z.strictObject({ include: z.string(), exclude: z.array(z.string()) })])
      .optional(),
    skip: z.string().max(70).optional(),
    agents: z.strictObject({ queue: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) }),
    env: z.record(z.string(), z.string()).optional(),
    secrets: z.array(z.string()).optional(),
    timeout_in_minutes: z.int().positive(),
    retry: z.strictObject({
      automatic: z.array(
        z.strictObject({
          signal_reason: z.enum(["agent_stop"]).optional(),
          exit_status: z.int().min(-1).max(255).optional(),
          limit: z.int().positive().max(10),
        }),
      ),
    }),
    soft_fail: z.literal(true).optional(),
    concurrency: z.literal(1).optional(),
    concurrency_group: z.string().optional(),
    artifact_paths: z.array(z.string()).optional(),
    command: z.string(),
  }),
]);
const Pipeline = z.strictObject({ steps: z.array(Step) });

for (const { file, text } of files)
  test(`${file}: the Buildkite pipeline has Buildkite's shape, and its commands are bash`, () => {
    const { steps } = Pipeline.parse(parse(interpolate(rendered(text, "buildkite"))));
    const keys = steps.map(({ key }) => key);
    deepEqual([...new Set(keys)], keys);
    for (const step of steps) {
      for (const need of step.depends_on ?? []) ok(keys.includes(need), `${step.key} waits for ${need}`);
      if (!("command" in step)) continue;
      const checked = spawnSync("bash", ["-n"], { input: step.command, encoding: "utf8" });
      equal(checked.stderr, "", step.command);
    }
  });

test("no secret comes out again, in any file, report or name", () => {
  const secrets = [
    "correct-horse-battery",
    "ENCRYPTED[",
    "VAULT[",
    "examplesecret",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
  ];
  for (const { file, text } of files)
    for (const ci of systems) {
      const migration = migrate(text, { ci });
      const said = JSON.stringify([migration, renderMigration(migration), migrationReport(migration, file)]);
      deepEqual(
        secrets.filter((secret) => said.includes(secret)),
        [],
        file,
      );
    }
});
