import { createHash } from "node:crypto";
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { formatRemoteName, type RemoteName } from "../../../drivers/tart/names.ts";
import { runtimeError, swiftError } from "../failures.ts";
import { withLock } from "../locks.ts";
import type { Call } from "../parser.ts";
import { reclaim } from "../prune.ts";
import { imageFolder, isLinked, keepUntagged, linkImage, temporaryLock, withDigest } from "../storage.ts";
import { moveVm, VmFolder } from "../vm.ts";
import { milliseconds, pause } from "../world.ts";
import { authFailed, ConnectionFailure, Registry, unexpectedStatus } from "./http.ts";
import { annotations, type Descriptor, digestOf, type Manifest, mediaTypes, unframeLz4 } from "./image.ts";

const attempts = 5;

/** Brings an image into the cache. Connections that fail are tried anew; what was fetched is kept and used then. */
export async function pullImage(name: RemoteName, isInsecure: boolean, call: Call): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pullOnce(name, isInsecure, call);
    } catch (error) {
      if (!(error instanceof ConnectionFailure) || attempt === attempts) throw error;
      const reason = error.message.replace(/^Error: /, "");
      call.world.out(`Error pulling image: "${reason}", attempting to re-try...\n`);
      await pause(call.world.env, "RETRY");
    }
  }
}

async function pullOnce(name: RemoteName, isInsecure: boolean, call: Call): Promise<void> {
  const { world, home } = call;
  const registry = new Registry(name.registry, isInsecure, call);
  world.out("pulling manifest...\n");
  const text = await pullManifest(registry, name, call);
  const digest = digestOf(text);
  const pinned = withDigest(name, digest);
  const shown = formatRemoteName(pinned);
  const target = imageFolder(home, pinned);
  if (target.isComplete && (name.digest === digest || isLinked(home, name, digest))) {
    world.out(`${shown} image is already cached and linked!\n`);
    return;
  }
  if (target.isComplete) world.out(`${shown} image is already cached! creating a symlink...\n`);
  else await fetchImage(registry, name, JSON.parse(text), text, target, call);
  // What was fetched is not compared with the digest that was asked for; a false one ends up behind a link too.
  if (name.digest === digest) keepUntagged(target);
  else linkImage(home, name, digest);
}

async function pullManifest(registry: Registry, name: RemoteName, call: Call): Promise<string> {
  const when = "pulling manifest";
  const denied = '{"errors":[{"code":"DENIED","message":"denied"}]}\n';
  if (call.faults.has("http-403")) {
    throw authFailed("received unexpected HTTP status code 403 while retrieving an authentication token", denied);
  }
  if (call.faults.has("http-404")) {
    throw unexpectedStatus(when, 404, '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  }
  const to = `/v2/${name.namespace}/manifests/${name.digest ?? name.tag}`;
  const response = await registry.request({ to, when, expect: [200], headers: { Accept: mediaTypes.manifest } });
  return response.text();
}

/** One pull per registry host at a time. */
function fetchImage(
  registry: Registry,
  name: RemoteName,
  manifest: Manifest,
  manifestText: string,
  target: VmFolder,
  call: Call,
): Promise<void> {
  const { world, home } = call;
  const poll = milliseconds(world.env, "LOCK_POLL");
  const hostLock = join(home.host, `pull-${name.registry.replace(":", "%3A")}.lock`);
  const temporary = createHash("md5").update(formatRemoteName(name)).digest("hex");
  const sayWaiting = () => world.out("waiting for lock...\n");
  const download = async () => {
    const diskBytes = Number(manifest.annotations?.[annotations.diskSize] ?? 0);
    reclaim(home, world, diskBytes + 128 * 1024 ** 2);
    const folder = new VmFolder(join(home.tmp, temporary));
    mkdirSync(folder.path, { recursive: true });
    await fetchLayers(registry, name.namespace, manifest, folder, call);
    writeFileSync(join(folder.path, "manifest.json"), manifestText);
    moveVm(folder, target.path);
  };
  return withLock(hostLock, poll, () => withLock(temporaryLock(home, temporary), poll, download), sayWaiting);
}

async function fetchLayers(
  registry: Registry,
  namespace: string,
  manifest: Manifest,
  folder: VmFolder,
  call: Call,
): Promise<void> {
  const layers = (type: string) => manifest.layers.filter((layer) => layer.mediaType === type);
  const blob = async ({ digest }: Descriptor) => {
    const when = "pulling blob";
    const response = await registry.request({ to: `/v2/${namespace}/blobs/${digest}`, when, expect: [200, 206] });
    return Buffer.from(await response.arrayBuffer());
  };
  if (layers(mediaTypes.legacyDisk).length > 0) {
    throw runtimeError(
      `Pulling OCI images with legacy disk media type ${mediaTypes.legacyDisk} is no longer supported, please re-push the image`,
    );
  }
  for (const layer of layers(mediaTypes.config)) writeFileSync(folder.config, await blob(layer));
  const disk = layers(mediaTypes.disk);
  const compressed = disk.reduce((sum, layer) => sum + layer.size, 0);
  call.world.out(`pulling disk (${(compressed / 1000 ** 3).toFixed(1)} GB compressed)...\n`);
  await fetchDisk(folder, disk, Number(manifest.annotations?.[annotations.diskSize] ?? 0), blob, call);
  call.world.out("pulling NVRAM...\n");
  for (const layer of layers(mediaTypes.nvram)) writeFileSync(folder.nvram, await blob(layer));
}

/** Writes each layer at its place, skipping those that an earlier attempt wrote. */
async function fetchDisk(
  folder: VmFolder,
  layers: readonly Descriptor[],
  diskBytes: number,
  blob: (layer: Descriptor) => Promise<Buffer>,
  call: Call,
): Promise<void> {
  const file = openSync(folder.disk, existsSync(folder.disk) ? "r+" : "w+");
  const show = progress(call);
  try {
    ftruncateSync(file, diskBytes);
    show(0);
    let at = 0;
    for (const [index, layer] of layers.entries()) {
      const length = Number(layer.annotations?.[annotations.uncompressedSize] ?? 0);
      if (!isWritten(file, at, length, layer)) {
        await delay(milliseconds(call.world.env, "PULL") / layers.length);
        writeSync(file, unframeLz4(await blob(layer)), 0, undefined, at);
        if (call.faults.has("no-space")) {
          throw swiftError("The operation couldn’t be completed. No space left on device");
        }
      }
      at += length;
      show(Math.floor(((index + 1) * 100) / layers.length));
    }
  } finally {
    closeSync(file);
  }
}

function isWritten(file: number, at: number, length: number, layer: Descriptor): boolean {
  if (length > 64 * 1024 ** 2) return false;
  const content = Buffer.alloc(length);
  readSync(file, content, 0, length, at);
  return digestOf(content) === layer.annotations?.[annotations.uncompressedDigest];
}

/** Whole lines with `CI` set; else each line is drawn over the one before. */
function progress({ world }: Call): (percent: number) => void {
  let last: number | undefined;
  return (percent) => {
    if (percent === last) return;
    const redraw = last !== undefined && world.env.CI === undefined ? "\u001b[1A\r\u001b[J" : "";
    world.out(`${redraw}${percent}%\n`);
    last = percent;
  };
}
