import { looksSecret } from "../settings/secret-text.ts";
import type { Findings } from "./findings.ts";
import { type CirrusEntry, type CirrusNode, childOf, entriesOf, textOf, textsOf } from "./tree.ts";
import { expand, type Variables } from "./variables.ts";

/** When an instruction runs: while all went well, only after a failure, or in any case. */
export type Behaviour = "on_success" | "on_failure" | "always";

/** A step of a task (writing-tasks, "Supported Instructions"). */
export type Instruction = ScriptInstruction | CacheInstruction | ArtifactsInstruction;

/** Shell lines, in a shell of their own. */
export interface ScriptInstruction {
  kind: "script";
  name: string;
  line: number;
  when: Behaviour;
  lines: string[];
  /** True where the next instruction does not wait for it. */
  background: boolean;
}

/** Folders that are kept from run to run. */
export interface CacheInstruction {
  kind: "cache";
  name: string;
  line: number;
  when: Behaviour;
  folders: string[];
  /** What the cache's key is made from; without both it is the task's name, and the cache is sent again whenever it changed. */
  fingerprintScript: string[];
  fingerprintKey: string | undefined;
  /** Fills the folders when there was nothing to bring back. */
  populateScript: string[];
}

/** Files that are kept with the build. */
export interface ArtifactsInstruction {
  kind: "artifacts";
  name: string;
  line: number;
  when: Behaviour;
  paths: string[];
}

const behaviours: readonly string[] = ["on_success", "on_failure", "always"] satisfies Behaviour[];

/** True for a key that is an instruction or a group of them. */
export function isInstructionKey(key: string): boolean {
  return /(script|cache|artifacts|file)$/.test(key) || behaviours.includes(key) || key === "on_timeout";
}

/** The instructions of a task, in the order of the file. */
export function readInstructions(
  entries: readonly CirrusEntry[],
  variables: Variables,
  findings: Findings,
  when: Behaviour = "on_success",
): Instruction[] {
  return entries.flatMap((entry): Instruction[] => {
    if (behaviours.includes(entry.key))
      return readInstructions(entriesOf(entry.value), variables, findings, entry.key as Behaviour);
    return readInstruction(entry, when, variables, findings);
  });
}

function readInstruction(entry: CirrusEntry, when: Behaviour, variables: Variables, findings: Findings): Instruction[] {
  const { key, line, value } = entry;
  const base = { name: key.replace(/_?(background_script|script|cache|artifacts|file)$/, "") || "main", line, when };
  if (key === "on_timeout") {
    findings.leave(
      line,
      key,
      "No CI system lets a job do more after its time is up.",
      "Call it from the script itself.",
    );
    return [];
  }
  if (key.endsWith("script")) {
    const lines = shellLines(value, entry, findings);
    return lines.length === 0 ? [] : [{ kind: "script", ...base, lines, background: /background_script$/.test(key) }];
  }
  if (key.endsWith("cache")) return [readCache(entry, base, variables, findings)];
  if (key.endsWith("artifacts")) return [readArtifacts(entry, base, variables, findings)];
  if (key.endsWith("file")) return readFile(entry, base, variables, findings);
  return [];
}

type Base = Pick<Instruction, "name" | "line" | "when">;

function readCache(entry: CirrusEntry, base: Base, variables: Variables, findings: Findings): CacheInstruction {
  const { value } = entry;
  const key = textOf(childOf(value, "fingerprint_key"));
  return {
    kind: "cache",
    ...base,
    folders: [...textsOf(childOf(value, "folder")), ...textsOf(childOf(value, "folders"))].map((folder) =>
      expand(folder, variables),
    ),
    fingerprintScript: shellLines(childOf(value, "fingerprint_script"), entry, findings),
    fingerprintKey: key === undefined ? undefined : expand(key, variables),
    populateScript: shellLines(childOf(value, "populate_script"), entry, findings),
  };
}

/** The lines of a script. One that holds a secret is not copied, and the job fails there until somebody has seen to it. */
function shellLines(node: CirrusNode | undefined, { key, line }: CirrusEntry, findings: Findings): string[] {
  const lines = textsOf(node).filter((text) => text !== "");
  return lines.map((text) => {
    if (!looksSecret(text)) return text;
    findings.leave(
      line,
      key,
      "What looks like a secret stands in its lines. They were not copied.",
      "Make a secret of it in the new CI system and write the lines anew. Whoever could read the file knows it: change it.",
    );
    return `echo "line ${line} of the .cirrus.yml holds a secret and was not copied" >&2; exit 1`;
  });
}

function readArtifacts(
  { key, line, value }: CirrusEntry,
  base: Base,
  variables: Variables,
  findings: Findings,
): ArtifactsInstruction {
  const format = childOf(value, "format");
  if (format)
    findings.leave(
      format.line,
      `${key}.format`,
      `Cirrus CI read the files as ${textOf(format)} and showed what failed. Here they are only kept.`,
      "Add a reporter for that format to the new CI system, if you want to see failures beside the code.",
    );
  const type = childOf(value, "type");
  if (type) findings.note(type.line, `${key}.type`, "The type of the files is guessed from their names now.");
  const paths = [...textsOf(childOf(value, "path")), ...textsOf(childOf(value, "paths"))];
  return { kind: "artifacts", ...base, line, paths: paths.map((path) => expand(path, variables)) };
}

/** A file from a variable or from the text in the .cirrus.yml, as the shell lines that write it. */
function readFile(
  { key, line, value }: CirrusEntry,
  base: Base,
  variables: Variables,
  findings: Findings,
): Instruction[] {
  const file = textOf(childOf(value, "path"));
  const variable = textOf(childOf(value, "variable_name"));
  const contents = textOf(childOf(value, "from_contents"));
  if (file === undefined || (variable === undefined && contents === undefined)) {
    findings.leave(line, key, "It has no path, or nothing to write.", "Write the file in a script.");
    return [];
  }
  const target = `"${expand(file, variables)}"`;
  const lines = [
    `mkdir -p "$(dirname ${target})"`,
    variable === undefined
      ? `printf '%s' '${(contents ?? "").replaceAll("'", "'\\''")}' > ${target}`
      : `printf '%s' "$${variable}" > ${target}`,
  ];
  if (contents !== undefined && looksSecret(contents)) {
    findings.leave(
      line,
      key,
      "What it writes looks like a secret. It was not copied.",
      "Write it from a secret variable.",
    );
    return [];
  }
  return [{ kind: "script", ...base, lines, background: false }];
}
