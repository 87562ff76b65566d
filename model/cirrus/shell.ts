import type { Instruction, ScriptInstruction } from "./instructions.ts";
import { isPredefined, variablesIn } from "./variables.ts";

/**
 * One bash script that does what Cirrus CI's agent did with a task's instructions: each in a shell of its own that starts
 * in the checkout and ends at the first line that fails, then the rest only `on_failure` or `always`, in the file's order.
 */
export function commandText(exports: readonly string[], scripts: readonly ScriptInstruction[]): string {
  const background = scripts.some((script) => script.background) ? [endBackground] : [];
  const plain = scripts.every(({ when }) => when === "on_success");
  const body = plain
    ? ["set -e", ...scripts.flatMap((script) => subshell(script))]
    : ["failed=0", "set +e", ...scripts.flatMap(guarded), 'exit "$failed"'];
  return [...exports, ...background, ...body].join("\n");
}

/** Each background script has a process group of its own (`set -m`), so that what it started ends with it. */
const endBackground = `trap 'for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done' EXIT`;

function subshell({ name, lines, background }: ScriptInstruction, ...before: string[]): string[] {
  const title = `echo "--- ${name}"`;
  return background
    ? [title, "set -m", "(", ...before, ...lines, ") &", "set +m"]
    : [title, "(", ...before, ...lines, ")"];
}

/** The part runs if the state so far says so; what fails first is the job's result. */
function guarded(script: ScriptInstruction): string[] {
  const run = [...subshell(script, "set -e"), ...(script.background ? [] : [noteFailure])];
  switch (script.when) {
    case "always":
      return run;
    case "on_failure":
      return ['if [ "$failed" -ne 0 ]; then', ...run, "fi"];
    case "on_success":
      return ['if [ "$failed" -eq 0 ]; then', ...run, "fi"];
  }
}

const noteFailure = 'status=$?; [ "$failed" -ne 0 ] || failed=$status';

/** `export` lines for values that a shell works out. Only variables mean something in them, as in Cirrus CI. */
export function exportLines(computed: readonly (readonly [string, string])[]): string[] {
  return computed.map(([name, value]) => `export ${name}="${inDoubleQuotes(value)}"`);
}

function inDoubleQuotes(value: string): string {
  return value.replace(/[\\"`]/g, "\\$&").replace(/\$(?!\{\w+\}|[A-Za-z_])/g, "\\$");
}

/** The scripts of a task, those that fill or name caches included. */
export function shellTexts(instructions: readonly Instruction[]): string[] {
  return instructions.flatMap((instruction) => {
    if (instruction.kind === "script") return instruction.lines;
    if (instruction.kind === "cache") return [...instruction.fingerprintScript, ...instruction.populateScript];
    return [];
  });
}

/** The variables of Cirrus CI that texts read, in the order of their names. */
export function predefinedIn(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => [...variablesIn(text)]))].filter(isPredefined).toSorted();
}
