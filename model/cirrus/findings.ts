/** Something that was not turned, or not wholly. It is somebody's to do. */
export interface LeftOver {
  /** The line of the .cirrus.yml, from 1; undefined for what the file does not have at all. */
  line: number | undefined;
  /** What it is about: a key of the file, or an entry of the new settings. */
  what: string;
  why: string;
  /** What to do by hand. */
  byHand: string;
}

/** Something that was turned, but works differently from now on. */
export interface Note {
  line: number | undefined;
  what: string;
  text: string;
}

/** Gathers what a migration has to say. The same about the same line is kept once: a matrix repeats its lines. */
export class Findings {
  readonly #leftOvers = new Map<string, LeftOver>();
  readonly #notes = new Map<string, Note>();

  /** Something that was not turned. */
  leave(line: number | undefined, what: string, why: string, byHand: string): void {
    this.#leftOvers.set(`${line} ${what} ${why}`, { line, what, why, byHand });
  }

  /** Something that works differently. */
  note(line: number | undefined, what: string, text: string): void {
    this.#notes.set(`${line} ${what} ${text}`, { line, what, text });
  }

  /** What was not turned, in the order of the file. */
  get leftOvers(): LeftOver[] {
    return inOrder(this.#leftOvers);
  }

  /** What works differently, in the order of the file. */
  get notes(): Note[] {
    return inOrder(this.#notes);
  }
}

function inOrder<T extends { line: number | undefined }>(found: ReadonlyMap<string, T>): T[] {
  const last = Number.POSITIVE_INFINITY;
  return [...found.values()].toSorted((a, b) => (a.line ?? last) - (b.line ?? last) || 0);
}
