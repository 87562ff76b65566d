import { looksSecret } from "../settings/secret-text.ts";
import type { Findings } from "./findings.ts";
import { type CirrusEntry, type CirrusNode, entriesOf, textOf } from "./tree.ts";
import { expand, variablesIn } from "./variables.ts";

/** A task's own variables, by how they can be handed over. */
export interface TaskEnvironment {
  /** What names, images and conditions are expanded with. */
  known: Map<string, string>;
  /** Plain values. */
  literal: [name: string, value: string][];
  /** Values that a shell has to work out on the Mac, in order, such as `${HOME}/sdk`. */
  computed: [name: string, value: string][];
  /** Names of variables whose values are secret and were not copied. */
  secrets: string[];
  clone: CloneOptions;
}

/** How the repository is fetched. */
export interface CloneOptions {
  /** 0 for all of the history, which is Cirrus CI's default. */
  depth: number;
  submodules: boolean;
  tags: boolean;
}

/** Gathers the variables of the file's top and of a task; the task's win. */
export function readEnvironment(layers: readonly CirrusNode[], findings: Findings): TaskEnvironment {
  const entries = new Map(layers.flatMap(environmentEntries).map((entry) => [entry.key, entry]));
  const environment: TaskEnvironment = {
    known: new Map(),
    literal: [],
    computed: [],
    secrets: [],
    clone: { depth: 0, submodules: false, tags: false },
  };
  const plain = [...entries.values()].filter((entry) => !settleSpecial(entry, environment, findings));
  for (const { key, value } of plain) environment.known.set(key, textOf(value) ?? "");
  for (const { key } of plain) settlePlain(key, environment);
  for (const [name, value] of environment.computed) if (variablesIn(value).has(name)) environment.known.delete(name);
  return environment;
}

/** `env` is a map or a list of maps. */
function environmentEntries(layer: CirrusNode): CirrusEntry[] {
  return entriesOf(layer)
    .filter(({ key }) => key === "env" || key === "environment")
    .flatMap(({ value }) => (value.kind === "list" ? value.items.flatMap(entriesOf) : entriesOf(value)));
}

/** Takes what is not an ordinary variable: secrets, and what told Cirrus CI's own agent how to behave. */
function settleSpecial({ key, line, value }: CirrusEntry, environment: TaskEnvironment, findings: Findings): boolean {
  const text = textOf(value) ?? "";
  if (/\b(ENCRYPTED|SECURED|VAULT|VAULT_NOCACHE)\[/.test(text) || looksSecret(text)) {
    environment.secrets.push(key);
    findings.leave(
      line,
      `env.${key}`,
      "It is a secret. Secrets are never copied, and Cirrus CI's encryption can't be undone outside of it.",
      `Make a secret ${key} in the new CI system; the new file asks for it already.`,
    );
    return true;
  }
  if (!key.startsWith("CIRRUS_")) return false;
  settleBehaviour(key, line, text, environment, findings);
  return true;
}

function settleBehaviour(
  key: string,
  line: number,
  text: string,
  { clone }: TaskEnvironment,
  findings: Findings,
): void {
  if (key === "CIRRUS_CLONE_DEPTH") clone.depth = Number.parseInt(text, 10) || 0;
  else if (key === "CIRRUS_CLONE_SUBMODULES") clone.submodules = text === "true";
  else if (key === "CIRRUS_CLONE_TAGS") clone.tags = text === "true";
  else
    findings.leave(
      line,
      `env.${key}`,
      "It told Cirrus CI's own agent how to behave.",
      "Remove it, or look for the like among the new CI system's settings.",
    );
}

function settlePlain(name: string, { known, literal, computed }: TaskEnvironment): void {
  const others = new Map([...known].filter(([other]) => other !== name));
  const value = expand(known.get(name) ?? "", others);
  known.set(name, value);
  (variablesIn(value).size > 0 ? computed : literal).push([name, value]);
}
