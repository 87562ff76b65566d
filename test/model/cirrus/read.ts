import { type CirrusMigration, type MigrationOptions, planCirrusMigration } from "../../../model/cirrus/plan.ts";
import type { Settings } from "../../../model/settings.ts";
import { readCirrusFile } from "../../../scripts/cirrus-file.ts";
import { readSettings, stackFile } from "../../../scripts/stack.ts";
import { repositoryRoot } from "../../support/tools.ts";

/** Turns the text of a .cirrus.yml. */
export function migrate(text: string, options: Partial<MigrationOptions> = {}): CirrusMigration {
  return planCirrusMigration(readCirrusFile(text), { ci: "buildkite", ...options });
}

/** The full real-world fleet of this repository. */
export function productionFleet(): Settings {
  return readSettings(stackFile(repositoryRoot, "production")).settings;
}

/** What is left over, by what it is about. */
export function leftOver(migration: CirrusMigration): string[] {
  return migration.leftOvers.map(({ what }) => what);
}

/** A file of one task in a VM, with more fields in the task. */
export function oneTask(...fields: string[]): string {
  const tart = "persistent_worker: { isolation: { tart: { image: ghcr.io/example-org/macos-sequoia-base } } }";
  return [tart, "test_task:", ...fields.map((field) => `  ${field}`), "  script: make", ""].join("\n");
}

/** The step or job that the only task became. */
export function onlyJob(migration: CirrusMigration): Record<string, unknown> {
  const { pipeline } = migration;
  const [job] = "steps" in pipeline ? pipeline.steps : Object.values(pipeline.jobs);
  if (!job) throw new Error("there is no job");
  return job;
}
