import { type Condition, ConditionError, simplify, unknownVariables } from "./condition.ts";
import { parseCondition } from "./condition-reader.ts";
import { readEnvironment, type TaskEnvironment } from "./environment.ts";
import type { Findings } from "./findings.ts";
import { type Instruction, isInstructionKey, readInstructions } from "./instructions.ts";
import { inheritedFields, readFields, settleOtherField, timeoutMinutes } from "./task-fields.ts";
import {
  type CirrusEntry,
  CirrusFileError,
  type CirrusMap,
  type CirrusNode,
  entriesOf,
  textOf,
  textsOf,
} from "./tree.ts";
import { expand, type Variables } from "./variables.ts";
import { isPlaceKey, readPlace, type TaskPlace } from "./worker.ts";

/** A task of a .cirrus.yml, after matrices, templates and defaults. */
export interface CirrusTask {
  line: number;
  name: string;
  alias: string | undefined;
  place: TaskPlace;
  environment: TaskEnvironment;
  instructions: Instruction[];
  /** Names and aliases of the tasks it waits for. */
  dependsOn: string[];
  run: RunRule;
  allowFailures: boolean;
  timeoutMinutes: number;
  /** It waits for somebody to start it. */
  manual: boolean;
  /** Tasks with the same text run one at a time. */
  lock: { text: string; line: number } | undefined;
}

/** When a task runs; `unclear` where its conditions can't be read. */
export type RunRule = { line: number; condition: Condition } | { line: number; unclear: string };

/**
 * Reads a task whose matrices are expanded.
 * @throws CirrusFileError when it is not a map or has nowhere to run, which Cirrus CI refused too
 */
export function readTask({ key, line, value }: CirrusEntry, root: CirrusMap, findings: Findings): CirrusTask {
  if (value.kind !== "map") throw new CirrusFileError(line, `${key} must be a map.`);
  const environment = readEnvironment([root, value], findings);
  const field = (name: string) => fieldOf(value, root, name);
  const nameText = textOf(field("name")?.value) ?? key.replace(/_?(task|docker_builder|pipe)$/, "");
  const name = expand(nameText, environment.known) || "main";
  const variables = new Map(environment.known).set("CIRRUS_TASK_NAME", name);
  const place = placeOf({ key, line, value }, root, variables, findings);
  if (!place)
    throw new CirrusFileError(line, `${key} does not say where to run, and neither does the top of the file.`);
  if (place.kind === "mac") settleOthers(value, root, findings);
  const lock = field("execution_lock");
  return {
    line,
    name,
    alias: textOf(field("alias")?.value),
    place,
    environment,
    instructions: readInstructions(value.entries, variables, findings),
    dependsOn: textsOf(field("depends_on")?.value).map((other) => expand(other, variables)),
    run: runRule(line, field("only_if"), field("skip"), variables),
    allowFailures: allowsFailures(field("allow_failures"), variables, findings),
    timeoutMinutes: timeoutMinutes(field("timeout_in"), findings),
    manual: textOf(field("trigger_type")?.value) === "manual",
    lock: lock && { text: expand(textOf(lock.value) ?? "", variables), line: lock.line },
  };
}

function placeOf(task: CirrusEntry, root: CirrusNode, variables: Variables, findings: Findings): TaskPlace | undefined {
  const builder = /(docker_builder|pipe)$/.exec(task.key)?.[1];
  if (builder) return { kind: "elsewhere", what: builder, line: task.line };
  return readPlace(task.value, root, variables, findings);
}

function fieldOf(task: CirrusMap, root: CirrusMap, name: string): CirrusEntry | undefined {
  const own = task.entries.findLast(({ key }) => key === name);
  return own ?? (inheritedFields.includes(name) ? root.entries.findLast(({ key }) => key === name) : undefined);
}

function settleOthers(task: CirrusMap, root: CirrusMap, findings: Findings): void {
  const inherited = root.entries.filter(({ key }) => inheritedFields.includes(key));
  for (const entry of [...entriesOf(task), ...inherited])
    if (!readFields.includes(entry.key) && !isInstructionKey(entry.key) && !isPlaceKey(entry.key))
      settleOtherField(entry, findings);
}

function runRule(
  line: number,
  onlyIf: CirrusEntry | undefined,
  skip: CirrusEntry | undefined,
  variables: Variables,
): RunRule {
  const at = onlyIf?.line ?? skip?.line ?? line;
  try {
    const wanted = parseCondition(textOf(onlyIf?.value) || "true", variables);
    const unwanted = parseCondition(textOf(skip?.value) || "false", variables);
    const condition = simplify({ kind: "and", left: wanted, right: { kind: "not", of: unwanted } });
    const [unknown] = unknownVariables(condition);
    return unknown ? { line: at, unclear: `nothing says what $${unknown} is` } : { line: at, condition };
  } catch (error) {
    if (error instanceof ConditionError) return { line: at, unclear: error.message };
    throw error;
  }
}

function allowsFailures(entry: CirrusEntry | undefined, variables: Variables, findings: Findings): boolean {
  const text = textOf(entry?.value);
  if (entry === undefined || !text) return false;
  try {
    const condition = parseCondition(text, variables);
    if (condition.kind === "constant") return condition.value;
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
  }
  findings.leave(
    entry.line,
    entry.key,
    "Whether a failure counts depends here on what is known only during the build.",
    "The job's failure counts now. Decide whether it may fail always, or let its script decide.",
  );
  return false;
}
