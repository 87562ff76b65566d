/** A remote image as Tart writes it: `host[:port]/namespace[:tag|@sha256:digest]`. */
export interface TartReference {
  /** Host and port. */
  registry: string;
  repository: string;
  /** `sha256:` and 64 hexadecimal digits. */
  digest?: string;
  tag?: string;
}

/** Tart's own grammar of remote names (tart, `RemoteName`): only `@sha256:` digests are accepted there too. */
const remoteName =
  /^([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?:\.[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)*(?::[0-9]{1,5})?)\/([A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*[._-]?(?:\/[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*[._-]?)*)(?::([A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*)|@(sha256:[0-9a-f]{64}))?$/;

/** The parts of a remote image; undefined when Tart would not take it. */
export function parseTartReference(text: string): TartReference | undefined {
  if (text.length > 512) return undefined;
  const [, registry, repository, tag, digest] = remoteName.exec(text) ?? [];
  if (!registry || !repository) return undefined;
  return { registry, repository, ...(digest ? { digest } : {}), ...(tag ? { tag } : {}) };
}

/** True when Tart takes the text as the name of a remote image. */
export function isTartReference(text: string): boolean {
  return parseTartReference(text) !== undefined;
}
