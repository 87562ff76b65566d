/**
 * What `aws` prints: the part that `--query` names, as `text` or `json`. Of the query language (JMESPath) this much is
 * known: `Name.Name`, `Name[]`, `Name[0]`, `Name[-1]`, `Name[?Key=='value']` (also with backquotes), `| ...`,
 * `[A, B]` at the end, and `max_by`, `sort_by` of a list with `&Key`.
 * @throws Error when the query is none of these
 */
export function formatAnswer(value: object, query: string | undefined, output: string): string {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  const found = query === undefined ? plain : query.split("|").reduce(evaluate, plain);
  if (output !== "text") return `${JSON.stringify(found ?? null, undefined, 4)}\n`;
  return `${text(found)}\n`;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (Array.isArray(value)) {
    const isTable = value.some((item) => Array.isArray(item));
    return value.map(text).join(isTable ? "\n" : "\t");
  }
  if (typeof value === "object") return Object.values(value).map(text).join("\t");
  return String(value);
}

function evaluate(value: unknown, expression: string): unknown {
  const trimmed = expression.trim();
  const call = /^(max_by|min_by|sort_by)\((.+),\s*&(\w+)\)(.*)$/.exec(trimmed);
  if (call) {
    const [, name, inner = "", key = "", rest = ""] = call;
    const list = evaluate(value, inner);
    const sorted = Array.isArray(list) ? list.toSorted((a, b) => (a[key] < b[key] ? -1 : 1)) : [];
    return steps(name === "sort_by" ? sorted : (sorted.at(name === "max_by" ? -1 : 0) ?? null), rest);
  }
  return steps(value, trimmed);
}

function steps(value: unknown, path: string): unknown {
  if (path === "") return value;
  if (value === null || value === undefined) return null;
  const [whole = "", name, list, condition, names] =
    /^(?:\.?(\w+)|\[(-?\d*|\*)\]|\[\?([^\]]+)\]|\.?\[([\w.]+(?:\s*,\s*[\w.]+)*)\])/.exec(path) ?? [];
  if (whole === "") throw new Error(`Bad value for --query ${path}`);
  const rest = path.slice(whole.length);
  if (name !== undefined) return steps((value as Record<string, unknown>)[name], rest);
  if (names !== undefined) return names.split(",").map((one) => steps(value, one.trim()));
  const items = Array.isArray(value) ? value : [];
  if (condition !== undefined)
    return each(
      items.filter((item) => holds(item, condition)),
      rest,
    );
  if (list === "" || list === "*") return each(items, rest);
  return steps(items.at(Number(list)), rest);
}

function each(items: unknown[], rest: string): unknown[] {
  return items.map((item) => steps(item, rest)).filter((item) => item !== null);
}

function holds(item: unknown, condition: string): boolean {
  const match = /^(\w+)\s*(==|!=)\s*(?:'([^']*)'|`"?([^`"]*)"?`)$/.exec(condition.trim());
  if (!match) throw new Error(`Bad value for --query [?${condition}]`);
  const [, key = "", operator, quoted, literal] = match;
  return (String((item as Record<string, unknown>)[key]) === (quoted ?? literal)) === (operator === "==");
}
