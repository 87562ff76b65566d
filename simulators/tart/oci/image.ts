import { createHash } from "node:crypto";

/** What the layers of a Tart image are. */
export const mediaTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  config: "application/vnd.cirruslabs.tart.config.v1",
  legacyDisk: "application/vnd.cirruslabs.tart.disk.v1",
  disk: "application/vnd.cirruslabs.tart.disk.v2",
  nvram: "application/vnd.cirruslabs.tart.nvram.v1",
} as const;

/** Names of annotations and labels. */
export const annotations = {
  uncompressedSize: "org.cirruslabs.tart.uncompressed-size",
  uncompressedDigest: "org.cirruslabs.tart.uncompressed-content-digest",
  diskSize: "org.cirruslabs.tart.uncompressed-disk-size",
  uploadTime: "org.cirruslabs.tart.upload-time",
  diskFormat: "org.cirruslabs.tart.disk.format",
} as const;

/** A blob as a manifest names it. */
export interface Descriptor {
  mediaType: string;
  size: number;
  digest: string;
  annotations?: Record<string, string>;
}

/** The manifest of a Tart image. */
export interface Manifest {
  schemaVersion: 2;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
  annotations?: Record<string, string>;
}

/** `sha256:` and the hexadecimal digest. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/*
 * Apple's framing of LZ4: blocks `bv41` (compressed) and `bv4-` (plain, with its length), and `bv4$` at the end. Plain
 * blocks are enough here, and the real program reads them.
 */

/** Frames the content as plain blocks. */
export function frameLz4(content: Uint8Array): Buffer<ArrayBuffer> {
  const header = Buffer.alloc(8);
  header.write("bv4-", 0, "latin1");
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content, Buffer.from("bv4$", "latin1")]);
}

/** Takes the content out of its frames. @throws on a compressed block */
export function unframeLz4(framed: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const magic = framed.toString("latin1", at, at + 4);
    if (magic === "bv4$") return Buffer.concat(parts);
    if (magic !== "bv4-") throw new Error(`the simulator reads no block of kind "${magic}"`);
    const length = framed.readUInt32LE(at + 4);
    parts.push(framed.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
}
