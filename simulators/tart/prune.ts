import { readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { collectImages, listImages, listLocal } from "./storage.ts";
import type { VmFolder } from "./vm.ts";
import type { Home, World } from "./world.ts";

/** Something that may be pruned. */
export interface Prunable {
  path: string;
  accessed: Date;
  allocatedBytes: number;
}

/** Cached images and system images, the longest unused first. */
export function prunableCaches(home: Home): Prunable[] {
  const images = listImages(home).filter((image) => !image.isLink);
  const ipsws = readdirSync(home.ipsws).map((file) => join(home.ipsws, file));
  return byAccess([...images.map(({ folder }) => ofFolder(folder)), ...ipsws.map(ofFile)]);
}

/** Local VMs that are off, the longest unused first. */
export function prunableVms(home: Home): Prunable[] {
  return byAccess(
    listLocal(home)
      .filter((folder) => folder.state === "stopped")
      .map(ofFolder),
  );
}

/** Deletes, and drops the tags that lead nowhere then. */
export function prune(home: Home, prunables: readonly Prunable[]): void {
  for (const { path } of prunables) rmSync(path, { recursive: true });
  collectImages(home);
}

/**
 * Makes room on the simulated volume, whose free space is `TART_SIM_FREE_BYTES` (boundless when not set), by deleting
 * the images that were not used for the longest time.
 */
export function reclaim(home: Home, world: World, requiredBytes: number, except?: VmFolder): void {
  if (world.env.TART_NO_AUTO_PRUNE !== undefined || world.env.TART_SIM_FREE_BYTES === undefined) return;
  let missing = requiredBytes - Number(world.env.TART_SIM_FREE_BYTES);
  const chosen: Prunable[] = [];
  // A tag is a link to what is kept.
  const kept = except && realpathSync(except.path);
  for (const prunable of prunableCaches(home).filter((p) => realpathSync(p.path) !== kept)) {
    if (missing <= 0) break;
    missing -= prunable.allocatedBytes;
    chosen.push(prunable);
  }
  prune(home, chosen);
}

/** Empties the image cache, as another call's pruning does between a pull and a clone. */
export function emptyCache(home: Home): void {
  prune(home, prunableCaches(home));
}

function byAccess(prunables: Prunable[]): Prunable[] {
  return prunables.sort((a, b) => a.accessed.getTime() - b.accessed.getTime());
}

function ofFolder(folder: VmFolder): Prunable {
  return { path: folder.path, accessed: folder.accessed, allocatedBytes: folder.allocatedBytes };
}

function ofFile(path: string): Prunable {
  const stat = statSync(path);
  return { path, accessed: stat.atime, allocatedBytes: stat.blocks * 512 };
}
