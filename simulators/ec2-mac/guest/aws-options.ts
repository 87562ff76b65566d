/** Options of `aws` that take no value. */
const ALONE = new Set([
  "with-decryption",
  "no-with-decryption",
  "no-cli-pager",
  "no-paginate",
  "only-show-errors",
  "quiet",
  "no-progress",
]);

/** A command line of `aws`: its words, and its options with all their values. */
export interface CommandLine {
  words: string[];
  options: Map<string, string[]>;
}

/** Takes a command line apart: `--name value...` and `--name=value`, up to the next option. */
export function readOptions(args: readonly string[]): CommandLine {
  const words: string[] = [];
  const options = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const arg of args) {
    const [, name, value] = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined) (current ?? words).push(arg);
    else {
      const values = value === undefined ? [] : [value];
      options.set(name, values);
      current = ALONE.has(name) || value !== undefined ? undefined : values;
    }
    // Only lists go on after their first value, and of these only filters are used.
    if (current?.length === 1 && !options.get("filters")?.includes(current[0] ?? "")) current = undefined;
  }
  return { words, options };
}
