import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { wireFile } from "../../shared/wire.ts";

/** The files of an archive by their paths in it. */
type Files = Map<string, Buffer>;

/** An archive, as the engine sends it, as a ZIP file. The same files make the same bytes. @throws Error for archives from the network */
export async function zipOf(archive: unknown): Promise<Buffer> {
  const files: Files = new Map();
  await collect(archive, "", files);
  return zip(files);
}

/** As Lambda tells it: SHA-256 in base64. */
export function codeSha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64");
}

async function collect(value: unknown, at: string, files: Files): Promise<void> {
  const { kind, text, path: place, assets } = wireFile(value) ?? {};
  if (assets) for (const [name, part] of Object.entries(assets)) await collect(part, join(at, name), files);
  else if (kind === "archive" && place) await collectFolder(place, at, files);
  else if (kind === "asset" && place) files.set(at, await readFile(place));
  else if (kind === "asset" && text !== undefined) files.set(at, Buffer.from(text));
  else throw new Error("only files, folders and texts are stood in for by the local stack");
}

async function collectFolder(folder: string, at: string, files: Files): Promise<void> {
  if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is no folder`);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(join(at, path.relative(folder, file).split(path.sep).join("/")), await readFile(file));
  }
}

function join(folder: string, name: string): string {
  return folder ? `${folder}/${name}` : name;
}

const localHeaderBytes = 30;
const centralHeaderBytes = 46;
const endBytes = 22;
/** 1 January 1980, the first day that the format knows. */
const firstDay = 0x21;

/** PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
function zip(files: Files): Buffer {
  const entries = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of entries) {
    const packed = deflateRawSync(content);
    const nameBytes = Buffer.from(name);
    const common = commonHeader(content, packed, nameBytes.length);
    const local = Buffer.alloc(localHeaderBytes);
    local.writeUInt32LE(0x04034b50, 0);
    common.copy(local, 4);
    const central = Buffer.alloc(centralHeaderBytes);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(0x0314, 4);
    common.copy(central, 6);
    central.writeUInt32LE(0o100644 * 0x10000, 38);
    central.writeUInt32LE(offset, 42);
    locals.push(local, nameBytes, packed);
    centrals.push(central, nameBytes);
    offset += localHeaderBytes + nameBytes.length + packed.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(endBytes);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** What both headers of a file have: version, flags, method, time, check sum, sizes. */
function commonHeader(content: Buffer, packed: Buffer, nameLength: number): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(0x0800, 2);
  header.writeUInt16LE(8, 4);
  header.writeUInt16LE(firstDay, 8);
  header.writeUInt32LE(crc32(content), 10);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt16LE(nameLength, 22);
  return header;
}
