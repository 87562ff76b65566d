import { DriverError } from "../errors.ts";

const SAFE_AS_IT_IS = /^[A-Za-z0-9_./:,@+-]+$/;

/**
 * One word of a POSIX shell command line that means exactly `word`, for sh, bash and zsh alike.
 * @throws DriverError `invalid-argument` for a NUL character, which no program can be given
 */
export function quoteWord(word: string): string {
  if (word.includes("\0")) {
    throw new DriverError("An argument holds a NUL character, which no program can be given", {
      kind: "invalid-argument",
    });
  }
  if (SAFE_AS_IT_IS.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * A shell command line that runs this program with exactly these arguments.
 * @throws DriverError `invalid-argument` for a NUL character
 */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}
