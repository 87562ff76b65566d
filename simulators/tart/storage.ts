import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { parseRemoteName, type RemoteName, RemoteNameError } from "../../drivers/tart/names.ts";
import { missingVm, runtimeError } from "./failures.ts";
import { lockOwner } from "./locks.ts";
import { VmFolder } from "./vm.ts";
import type { Home, World } from "./world.ts";

/** A cached image under one of its names. */
export interface CachedImage {
  /** `host/namespace:tag` or `host/namespace@sha256:…`. */
  name: string;
  folder: VmFolder;
  /** A tag is a symbolic link to the digest's folder. */
  isLink: boolean;
}

/** True for names with a slash, which are looked up in the image cache. */
export function isRemote(name: string): boolean {
  return name.includes("/");
}

/** Reads a remote name or fails like the real parser. */
export function remoteName(text: string): RemoteName {
  try {
    return parseRemoteName(text);
  } catch (error) {
    if (error instanceof RemoteNameError) throw runtimeError(error.message);
    throw error;
  }
}

/** The folder of a local VM, whether it is there or not. */
export function localFolder(home: Home, name: string): VmFolder {
  return new VmFolder(join(home.vms, name));
}

/** Opens a local VM and marks it as used. */
export function openLocal(home: Home, name: string): VmFolder {
  const folder = localFolder(home, name);
  folder.validate(name);
  folder.touch();
  return folder;
}

/** Opens a local VM or a cached image, whichever the name means. */
export function openAny(home: Home, name: string): VmFolder {
  if (!isRemote(name)) return openLocal(home, name);
  const folder = imageFolder(home, remoteName(name));
  folder.validate(name);
  folder.touch();
  return folder;
}

/** All complete local VMs, by name. */
export function listLocal(home: Home): VmFolder[] {
  const names = readdirSync(home.vms).sort();
  return names.map((name) => localFolder(home, name)).filter((folder) => folder.isComplete);
}

/** Where a cached image lies, or would lie. */
export function imageFolder(home: Home, name: RemoteName): VmFolder {
  return new VmFolder(join(repositoryFolder(home, name), name.digest ?? name.tag ?? "latest"));
}

/** The name's form with a digest. */
export function withDigest(name: RemoteName, digest: string): RemoteName {
  return { registry: name.registry, namespace: name.namespace, digest };
}

function repositoryFolder(home: Home, name: RemoteName): string {
  return join(home.images, name.registry.replace(":", "%3A"), name.namespace);
}

/** All cached images: each once as a digest, and once more for each tag. */
export function listImages(home: Home): CachedImage[] {
  const found: CachedImage[] = [];
  walk(home.images, (path) => {
    const folder = new VmFolder(path);
    if (!folder.isComplete) return false;
    const isLink = lstatSync(path).isSymbolicLink();
    const repository = relative(home.images, dirname(path)).split(sep).join("/").replace("%3A", ":");
    found.push({ name: `${repository}${isLink ? ":" : "@"}${folder.name}`, folder, isLink });
    return true;
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Points a tag at a digest; the old target becomes the first to be pruned. */
export function linkImage(home: Home, tag: RemoteName, digest: string): void {
  const link = imageFolder(home, tag);
  if (existsSync(link.path)) link.touch(new Date(0));
  rmSync(link.path, { force: true });
  mkdirSync(dirname(link.path), { recursive: true });
  symlinkSync(imageFolder(home, withDigest(tag, digest)).path, link.path);
  collectImages(home);
}

/** True when the tag's link leads to this digest. */
export function isLinked(home: Home, tag: RemoteName, digest: string): boolean {
  try {
    return readlinkSync(imageFolder(home, tag).path) === imageFolder(home, withDigest(tag, digest)).path;
  } catch {
    return false;
  }
}

/** Keeps an image that was pulled by digest when no tag leads to it. */
export function keepUntagged(folder: VmFolder): void {
  writeFileSync(join(folder.path, ".explicitly-pulled"), "");
}

/** Deletes a cached image by one of its names, then what no tag leads to any more. */
export function deleteImage(home: Home, name: string): void {
  const folder = imageFolder(home, remoteName(name));
  if (!existsSync(folder.path)) throw missingVm(name);
  rmSync(folder.path, { recursive: true });
  collectImages(home);
}

/** Deletes dangling tags and digests without a tag that were not pulled by digest. */
export function collectImages(home: Home): void {
  const links: string[] = [];
  walk(home.images, (path) => {
    if (!lstatSync(path).isSymbolicLink()) return false;
    if (existsSync(path)) links.push(readlinkSync(path));
    else rmSync(path);
    return true;
  });
  for (const { folder, isLink } of listImages(home)) {
    const isKept = isLink || links.includes(folder.path) || existsSync(join(folder.path, ".explicitly-pulled"));
    if (!isKept) rmSync(folder.path, { recursive: true });
  }
}

/** Deletes what interrupted calls left in `tmp` and nobody works on; the real program does so before most commands. */
export function collectTemporary(home: Home, world: World): void {
  try {
    for (const entry of readdirSync(home.tmp)) {
      if (lockOwner(temporaryLock(home, entry)) === undefined) rmSync(join(home.tmp, entry), { recursive: true });
    }
  } catch (error) {
    world.err(`Failed to perform garbage collection: ${(error as Error).message}\n`);
  }
}

/** The lock of an entry of `tmp` that is being worked on. */
export function temporaryLock(home: Home, entry: string): string {
  return join(home.host, `tmp-${entry}.lock`);
}

/** The lock that stands for flock(2) on `$TART_HOME` itself. */
export function globalLock(home: Home): string {
  return join(home.host, "home.lock");
}

function walk(folder: string, visit: (path: string) => boolean): void {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (!visit(path) && lstatSync(path).isDirectory()) walk(path, visit);
  }
}
