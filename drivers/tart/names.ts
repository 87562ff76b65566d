/** An image in a registry, as `tart` names it. Exactly one of tag and digest is set. */
export interface RemoteName {
  /** Host and optional port. */
  registry: string;
  namespace: string;
  tag?: string;
  /** `sha256:` and 64 hexadecimal digits. */
  digest?: string;
}

/** A text that is no remote name. The message is the vendor's where it is known. */
export class RemoteNameError extends Error {
  override readonly name = "RemoteNameError";
}

const word = "[A-Za-z0-9]+";
const host = `${word}(?:-${word})*(?:\\.${word}(?:-${word})*)*`;
const pathComponent = `${word}(?:[._-]${word})*[._-]?`;
const tag = `${word}(?:[._-]${word})*`;
const grammar = new RegExp(
  `^(?<registry>${host}(?::[0-9]+)?)/(?<namespace>${pathComponent}(?:/${pathComponent})*)(?::(?<tag>${tag})|@(?<digest>${word}:${word}))?$`,
);

/**
 * Reads `host[:port]/namespace[:tag|@sha256:…]`; without a reference the tag is `latest`.
 * The grammar is that of tart 2.35.0: components joined by one separator each, ASCII only.
 * @throws RemoteNameError
 */
export function parseRemoteName(text: string): RemoteName {
  const groups = grammar.exec(text)?.groups;
  if (!groups)
    throw new RemoteNameError(`failed to parse remote name: mismatched input (character ${mismatchAt(text)})`);
  const { registry = "", namespace = "", tag, digest } = groups;
  if (digest === undefined) return { registry, namespace, tag: tag ?? "latest" };
  if (!digest.startsWith("sha256:")) throw new RemoteNameError("unknown reference format");
  return { registry, namespace, digest };
}

/** The text of a remote name. */
export function formatRemoteName(name: RemoteName): string {
  return `${name.registry}/${name.namespace}${name.digest ? `@${name.digest}` : `:${name.tag}`}`;
}

/**
 * True for a name of a local VM. Spaces and odd characters pass, as tart uses it as a folder name; slashes, `.` and `..`
 * do not, nor do names that would be read as an option.
 */
export function isLocalName(text: string): boolean {
  return text !== "" && text !== "." && text !== ".." && !text.startsWith("-") && !/[/\0\n]/.test(text);
}

/** Where the text stops being a remote name: the longest beginning that could still be continued to one. */
function mismatchAt(text: string): number {
  for (let length = text.length; length > 0; length--) {
    const beginning = text.slice(0, length);
    if (["", "a", "/a", "a/a"].some((rest) => grammar.test(beginning + rest))) return length;
  }
  return 0;
}
