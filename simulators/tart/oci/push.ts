import { readFileSync } from "node:fs";
import type { RemoteName } from "../../../drivers/tart/names.ts";
import { swiftError } from "../failures.ts";
import type { Call } from "../parser.ts";
import { canonicalJson } from "../text.ts";
import { readDiskContent, type VmFolder } from "../vm.ts";
import type { Registry } from "./http.ts";
import { annotations, type Descriptor, digestOf, frameLz4, type Manifest, mediaTypes } from "./image.ts";

/** Where an image goes. */
export interface PushTarget {
  registry: Registry;
  namespace: string;
  tags: readonly string[];
  /** `key=value`. */
  labels: readonly string[];
  /** 0 uploads each blob at once. */
  chunkMegabytes: number;
  call: Call;
}

/** A real disk layer holds this much of the disk. */
const layerBytes = 512 * 1024 ** 2;

/** Uploads a VM and tags it. @returns the digest of its manifest */
export async function pushImage(folder: VmFolder, target: PushTarget): Promise<string> {
  const { call, namespace, registry } = target;
  const say = call.world.out;
  const config = folder.readConfig();
  const upload = (content: Uint8Array<ArrayBuffer>) => pushBlob(target, content);
  say("pushing config...\n");
  const configContent = Buffer.from(readFileSync(folder.config));
  await upload(configContent);
  say("pushing disk... this will take a while...\n0%\n");
  const disk = diskLayers(readDiskContent(folder.disk));
  for (const layer of disk) await upload(layer.content);
  say("100%\npushing NVRAM...\n");
  const nvram = Buffer.from(readFileSync(folder.nvram));
  await upload(nvram);
  const labels = Object.fromEntries(target.labels.map((label) => label.split(/=(.*)/s).slice(0, 2)));
  const ociConfig = canonicalJson({
    architecture: config.arch ?? "arm64",
    config: { Labels: { [annotations.diskFormat]: config.diskFormat ?? "raw", ...labels } },
    os: config.os ?? "darwin",
  });
  await upload(Buffer.from(ociConfig));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: descriptor(mediaTypes.ociConfig, Buffer.from(ociConfig)),
    layers: [
      descriptor(mediaTypes.config, configContent),
      ...disk.map((layer) => layer.descriptor),
      descriptor(mediaTypes.nvram, nvram),
    ],
    annotations: {
      [annotations.diskSize]: String(folder.virtualBytes),
      [annotations.uploadTime]: `${new Date().toISOString().slice(0, 19)}Z`,
    },
  };
  return pushManifest(registry, namespace, target.tags, canonicalJson(manifest), call);
}

/** Gives the image that the target's repository has under this reference further tags. */
export async function retag(
  registry: Registry,
  namespace: string,
  source: RemoteName,
  tags: readonly string[],
  call: Call,
): Promise<string> {
  const to = `/v2/${namespace}/manifests/${source.digest ?? source.tag}`;
  const headers = { Accept: mediaTypes.manifest };
  const response = await registry.request({ to, when: "pulling manifest", expect: [200], headers });
  return pushManifest(registry, namespace, tags, await response.text(), call);
}

async function pushManifest(
  registry: Registry,
  namespace: string,
  tags: readonly string[],
  body: string,
  call: Call,
): Promise<string> {
  for (const tag of tags) {
    call.world.out(`pushing manifest for ${tag}...\n`);
    const to = `/v2/${namespace}/manifests/${tag}`;
    const headers = { "Content-Type": mediaTypes.manifest };
    await registry.request({ method: "PUT", to, when: "pushing manifest", expect: [201], headers, body });
  }
  return digestOf(body);
}

async function pushBlob(target: PushTarget, content: Uint8Array<ArrayBuffer>): Promise<void> {
  const { registry, namespace } = target;
  const digest = digestOf(content);
  const check = { method: "HEAD", to: `/v2/${namespace}/blobs/${digest}`, when: "checking blob" } as const;
  if ((await registry.request({ ...check, expect: [200, 404] })).status === 200) return;
  const begin = { method: "POST", to: `/v2/${namespace}/blobs/uploads/`, when: "pushing blob (POST)" } as const;
  let place = location(await registry.request({ ...begin, expect: [202], headers: { "Content-Length": "0" } }));
  const headers = { "Content-Type": "application/octet-stream" };
  let rest: Uint8Array<ArrayBuffer> | undefined = content;
  if (target.chunkMegabytes > 0) {
    const chunkBytes = target.chunkMegabytes * 1000 ** 2;
    for (let at = 0; at < content.length; at += chunkBytes) {
      const body = content.subarray(at, at + chunkBytes);
      const range = { "Content-Range": `${at}-${at + body.length - 1}` };
      const patch = { method: "PATCH", to: place, when: `streaming blob to ${place}` } as const;
      place = location(await registry.request({ ...patch, expect: [202], headers: { ...headers, ...range }, body }));
    }
    rest = undefined;
  }
  const to = `${place}${place.includes("?") ? "&" : "?"}digest=${digest}`;
  const put = { method: "PUT", to, when: `pushing blob (PUT) to ${to}` } as const;
  await registry.request({ ...put, expect: [201], headers, ...(rest ? { body: rest } : {}) });
}

function location(response: Response): string {
  const place = response.headers.get("location");
  if (!place) throw swiftError("MissingLocationHeader");
  return place;
}

/** Only the beginning of a simulated disk holds anything; the rest is zeros and needs no layer. */
function diskLayers(content: Buffer): { content: Buffer<ArrayBuffer>; descriptor: Descriptor }[] {
  const layers = [];
  for (let at = 0; at === 0 || at < content.length; at += layerBytes) {
    const plain = content.subarray(at, at + layerBytes);
    const framed = frameLz4(plain);
    const notes = {
      [annotations.uncompressedSize]: String(plain.length),
      [annotations.uncompressedDigest]: digestOf(plain),
    };
    layers.push({ content: framed, descriptor: { ...descriptor(mediaTypes.disk, framed), annotations: notes } });
  }
  return layers;
}

/** Names a blob. */
export function descriptor(mediaType: string, content: Uint8Array): Descriptor {
  return { mediaType, size: content.length, digest: digestOf(content) };
}
