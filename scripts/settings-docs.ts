/**
 * Writes docs/settings.md and docs/settings.schema.json from the settings' schema, and docs/aws-rights.md from the rights.
 * With `--check` it writes nothing and fails when a committed copy is out of date.
 */
import { readFile, writeFile } from "node:fs/promises";
import { rightsPage } from "../model/plan/rights-page.ts";
import { referencePage, stackFileSchema } from "../model/settings/reference.ts";

const root = new URL("../", import.meta.url);

/** The generated files: their paths from the project's root, and what belongs into them now. */
export async function generatedDocs(): Promise<Record<string, string>> {
  const example = await readFile(new URL("Pulumi.staging.yaml", root), "utf8");
  return {
    "docs/settings.md": referencePage(example),
    "docs/settings.schema.json": `${JSON.stringify(stackFileSchema(), undefined, 2)}\n`,
    "docs/aws-rights.md": rightsPage(),
  };
}

/** The paths of generated files whose copy differs from what belongs into it. */
export async function staleDocs(): Promise<string[]> {
  const docs = Object.entries(await generatedDocs());
  const copies = await Promise.all(docs.map(([path]) => readFile(new URL(path, root), "utf8").catch(() => undefined)));
  return docs.flatMap(([path, text], index) => (copies[index] === text ? [] : [path]));
}

async function main(check: boolean): Promise<void> {
  const stale = await staleDocs();
  const docs = await generatedDocs();
  if (!check) await Promise.all(stale.map((path) => writeFile(new URL(path, root), docs[path] ?? "")));
  for (const path of stale)
    console.log(check ? `${path} is out of date. Run \`node scripts/settings-docs.ts\`.` : `Wrote ${path}.`);
  if (check && stale.length > 0) process.exitCode = 1;
}

if (import.meta.main) await main(process.argv.includes("--check"));
