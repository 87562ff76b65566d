import { Document, isScalar, visit } from "yaml";
import { actionVersions } from "../model/cirrus/github-steps.ts";
import type { CirrusMigration } from "../model/cirrus/plan.ts";
import { projectName } from "../model/stack-file.ts";

/** A file to write: its name, and its text. */
export interface RenderedFile {
  name: string;
  text: string;
}

/** The files that a migration makes. */
export function renderMigration(migration: CirrusMigration): RenderedFile[] {
  return [pipelineFile(migration), ...settingsFile(migration)];
}

function pipelineFile({ ci, pipeline }: CirrusMigration): RenderedFile {
  return ci === "buildkite"
    ? { name: "pipeline.yml", text: render(pipeline, " Goes to .buildkite/pipeline.yml of your repository.", "~") }
    : { name: "workflow.yml", text: render(pipeline, " Goes to .github/workflows/ of your repository.", "") };
}

function settingsFile({ settings }: CirrusMigration): RenderedFile[] {
  if (settings.pools.length === 0) return [];
  const blocks = Object.entries(settings).map(([block, entries]) => [`${projectName}:${block}`, entries]);
  const comment =
    " Add these entries to the blocks of the same names in Pulumi.<stack>.yaml, and fill in what stands between < and >.\n `fleet check` says what is still missing.";
  return [{ name: "settings.yaml", text: render({ config: Object.fromEntries(blocks) }, comment, "~") }];
}

function render(value: unknown, comment: string, nullStr: string): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  document.commentBefore = comment;
  visit(document, {
    Scalar(_, node) {
      const version = isScalar(node) ? actionVersions[String(node.value)] : undefined;
      if (version) node.comment = ` ${version}`;
    },
  });
  return document.toString({ lineWidth: 0, nullStr });
}
