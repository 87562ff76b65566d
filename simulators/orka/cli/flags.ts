/** A flag as pflag, the library behind orka3, knows it. */
export interface Flag {
  short?: string;
  type: "string" | "bool" | "int" | "float";
}

/** The flags of a command by their long names. */
export type FlagSet = Readonly<Record<string, Flag>>;

/** What the caller wrote. */
export interface Parsed {
  args: string[];
  flags: Record<string, string>;
}

/** A mistake in how the program was called. */
export class UsageError extends Error {}

/** Reads arguments the way pflag does: flags anywhere, `--name=value`, `-n value`, `--` ends the flags. @throws UsageError */
export function parseFlags(argv: readonly string[], set: FlagSet): Parsed {
  const parsed: Parsed = { args: [], flags: {} };
  const rest = [...argv];
  while (rest.length > 0) {
    const word = rest.shift() as string;
    if (word === "--") {
      parsed.args.push(...rest);
      break;
    }
    if (word === "-" || !word.startsWith("-")) parsed.args.push(word);
    else if (word.startsWith("--")) readLong(word, rest, set, parsed);
    else readShort(word, rest, set, parsed);
  }
  return parsed;
}

function readLong(word: string, rest: string[], set: FlagSet, parsed: Parsed): void {
  const [name = "", ...tail] = word.slice(2).split("=");
  const flag = Object.hasOwn(set, name) ? set[name] : undefined;
  if (!flag) throw new UsageError(`unknown flag: --${name}`);
  const inline = word.includes("=") ? tail.join("=") : undefined;
  const value = inline ?? (flag.type === "bool" ? "true" : rest.shift());
  if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
  parsed.flags[name] = checked(name, flag, value);
}

function readShort(word: string, rest: string[], set: FlagSet, parsed: Parsed): void {
  const letter = word[1] ?? "";
  const found = Object.entries(set).find(([, flag]) => flag.short === letter);
  if (!found) throw new UsageError(`unknown shorthand flag: '${letter}' in ${word}`);
  const [name, flag] = found;
  if (flag.type === "bool") {
    parsed.flags[name] = "true";
    return;
  }
  const inline = word.slice(2).replace(/^=/, "");
  const value = inline || rest.shift();
  if (value === undefined) throw new UsageError(`flag needs an argument: '${letter}' in ${word}`);
  parsed.flags[name] = checked(name, flag, value);
}

function checked(name: string, flag: Flag, value: string): string {
  const shown = flag.short ? `-${flag.short}, --${name}` : `--${name}`;
  if (flag.type === "int" && !/^-?\d+$/.test(value)) {
    throw new UsageError(
      `invalid argument "${value}" for "${shown}" flag: strconv.ParseInt: parsing "${value}": invalid syntax`,
    );
  }
  if (flag.type === "float" && !/^-?\d*\.?\d+$/.test(value)) {
    throw new UsageError(
      `invalid argument "${value}" for "${shown}" flag: strconv.ParseFloat: parsing "${value}": invalid syntax`,
    );
  }
  return value;
}
