import type { CirrusMigration } from "./plan.ts";

/** A migration in words for a terminal, without a final newline. `file` is how the reader calls the .cirrus.yml. */
export function migrationReport(migration: CirrusMigration, file: string): string {
  return [turned(migration, file), pools(migration), leftOvers(migration, file), notes(migration, file)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function turned({ tasks, ci }: CirrusMigration, file: string): string {
  const [thing, of] = ci === "buildkite" ? ["step", "a Buildkite pipeline"] : ["job", "a GitHub Actions workflow"];
  const count = `${tasks.length} ${thing}${tasks.length === 1 ? "" : "s"}`;
  const lines = tasks.map(
    ({ label, queue, pool, existing }) =>
      `  ${label} -> ${ci === "buildkite" ? "queue" : "group"} ${queue}, ${existing ? "" : "new "}pool ${pool}`,
  );
  return [`${file}: ${count} of ${of}.`, ...lines].join("\n");
}

function pools({ settings }: CirrusMigration): string {
  if (settings.pools.length === 0) return "";
  const names = settings.pools.map(({ name, kind }) => `  ${name} (${kind})`);
  return ["Pools that the fleet lacks:", ...names].join("\n");
}

function leftOvers({ leftOvers: left }: CirrusMigration, file: string): string {
  if (left.length === 0) return "Everything was turned.";
  const paragraphs = left.map(
    ({ line, what, why, byHand }) => `${place(file, line)}${what}\n  ${why}\n  By hand: ${byHand}`,
  );
  return [`Not turned, or not wholly: ${left.length}`, ...paragraphs].join("\n\n");
}

function notes({ notes: found }: CirrusMigration, file: string): string {
  if (found.length === 0) return "";
  return [
    "Works differently now:",
    ...found.map(({ line, what, text }) => `  ${place(file, line)}${what}: ${text}`),
  ].join("\n");
}

function place(file: string, line: number | undefined): string {
  return line === undefined ? "" : `${file}:${line} `;
}
