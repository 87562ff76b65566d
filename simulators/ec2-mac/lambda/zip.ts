import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * Unpacks a zip archive into a folder. Links and rights are not kept.
 * @throws Error when it is not a zip archive, or when a name leads out of the folder
 */
export function unzip(archive: Buffer, folder: string): void {
  for (const { name, content } of entriesOf(archive)) {
    const target = path.resolve(folder, name);
    if (!target.startsWith(`${path.resolve(folder)}${path.sep}`)) throw new Error(`${name} leads out of the archive`);
    if (name.endsWith("/")) mkdirSync(target, { recursive: true });
    else {
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content());
    }
  }
}

/** The entries by the archive's directory, which stands at its end. Format: PKWARE's APPNOTE, without its 64-bit form. */
function* entriesOf(archive: Buffer): Generator<{ name: string; content: () => Buffer }> {
  const end = endOfDirectory(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error("the archive's directory is broken");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const name = archive.toString("utf8", at + 46, at + 46 + (nameLength ?? 0));
    const entry = at;
    yield { name, content: () => contentOf(archive, entry) };
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
}

function endOfDirectory(archive: Buffer): number {
  for (let at = archive.length - 22; at >= 0; at -= 1) if (archive.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  throw new Error("it is not a zip archive");
}

function contentOf(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const size = archive.readUInt32LE(entry + 20);
  const header = archive.readUInt32LE(entry + 42);
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const bytes = archive.subarray(start, start + size);
  if (method === STORED) return bytes;
  if (method === DEFLATED) return inflateRawSync(bytes);
  throw new Error(`method ${method} of compression is unknown`);
}
