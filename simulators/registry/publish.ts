import { annotations, type Descriptor, digestOf, frameLz4, type Manifest, mediaTypes } from "../tart/oci/image.ts";
import { canonicalJson } from "../tart/text.ts";
import { randomEcid, randomMac, type VmConfig } from "../tart/vm.ts";

/** A small Tart image to put into a registry. */
export interface ImageSpec {
  os?: "darwin" | "linux";
  cpu?: number;
  memoryGb?: number;
  /** The size that the disk claims; it costs nothing. */
  diskGb?: number;
  /** What the disk begins with, one layer for each; different contents give different digests. */
  diskContent?: readonly string[];
  labels?: Readonly<Record<string, string>>;
}

/**
 * Puts a Tart image into a registry over HTTP, tagged.
 * @returns the digest of its manifest
 */
export async function publishImage(
  address: string,
  repository: string,
  tag: string,
  spec: ImageSpec = {},
): Promise<string> {
  const base = `http://${address}/v2/${repository}`;
  const put = async (mediaType: string, content: Buffer<ArrayBuffer>, notes?: Record<string, string>) => {
    await putBlob(base, content);
    const named = { mediaType, size: content.length, digest: digestOf(content) };
    return notes ? { ...named, annotations: notes } : named;
  };
  const os = spec.os ?? "darwin";
  const ociConfig = {
    architecture: "arm64",
    config: { Labels: { [annotations.diskFormat]: "raw", ...spec.labels } },
    os,
  };
  const disk: Descriptor[] = [];
  for (const content of spec.diskContent ?? [`simulated ${os} disk\n`]) {
    const plain = Buffer.from(content);
    const notes = {
      [annotations.uncompressedSize]: String(plain.length),
      [annotations.uncompressedDigest]: digestOf(plain),
    };
    disk.push(await put(mediaTypes.disk, frameLz4(plain), notes));
  }
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await put(mediaTypes.ociConfig, Buffer.from(canonicalJson(ociConfig))),
    layers: [
      await put(mediaTypes.config, Buffer.from(canonicalJson(vmConfig(os, spec)))),
      ...disk,
      await put(mediaTypes.nvram, Buffer.from("simulated NVRAM\n")),
    ],
    annotations: { [annotations.diskSize]: String((spec.diskGb ?? 50) * 1000 ** 3) },
  };
  const body = canonicalJson(manifest);
  const headers = { "Content-Type": mediaTypes.manifest };
  await send(`${base}/manifests/${tag}`, { method: "PUT", headers, body }, 201);
  return digestOf(body);
}

function vmConfig(os: "darwin" | "linux", spec: ImageSpec): VmConfig {
  const gibibyte = 1024 ** 3;
  const hardware = { ecid: randomEcid(), hardwareModel: Buffer.from("simulated Mac").toString("base64") };
  return {
    version: 1,
    os,
    arch: "arm64",
    ...(os === "darwin" ? hardware : {}),
    cpuCountMin: 2,
    cpuCount: spec.cpu ?? 4,
    memorySizeMin: 2 * gibibyte,
    memorySize: (spec.memoryGb ?? 8) * gibibyte,
    macAddress: randomMac(),
    display: { width: 1024, height: 768 },
    diskFormat: "raw",
  };
}

async function putBlob(base: string, content: Buffer<ArrayBuffer>): Promise<void> {
  const digest = digestOf(content);
  const begun = await send(`${base}/blobs/uploads/`, { method: "POST" }, 202);
  const place = new URL(begun.headers.get("location") ?? "", base);
  place.searchParams.set("digest", digest);
  await send(place, { method: "PUT", body: content, headers: { "Content-Type": "application/octet-stream" } }, 201);
}

async function send(url: string | URL, init: RequestInit, expected: number): Promise<Response> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
  if (response.status === expected) return response;
  throw new Error(`${init.method} ${url} answered ${response.status}: ${await response.text()}`);
}
