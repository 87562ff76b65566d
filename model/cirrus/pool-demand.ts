import { parseTartReference } from "../settings/tart-reference.ts";
import type { PoolSettings, Settings, TartPoolSettings } from "../settings.ts";
import { slug } from "./naming.ts";
import type { CiSystem } from "./variables.ts";
import type { MacDemand } from "./worker.ts";

/** Tasks that want the same of a Mac, and the most that any of them wants of it. */
export interface PoolDemand {
  demand: MacDemand;
  /** What a pool for them is called, and its queue or runner group. */
  name: string;
}

/** Names in settings have at most 30 characters. */
export const poolNameLimit = 30;

/** What pools are told apart by. Sizes are not: the largest serves all. */
export function demandKey({ isolation, image, architecture, labels, slots }: MacDemand): string {
  return JSON.stringify([isolation, image, architecture, labels, slots]);
}

/** The larger of two sizes of what is otherwise the same. */
export function larger(a: MacDemand, b: MacDemand): MacDemand {
  const most = (left: number | undefined, right: number | undefined) =>
    left === undefined || right === undefined ? (left ?? right) : Math.max(left, right);
  return { ...a, cpu: most(a.cpu, b.cpu), memoryGb: most(a.memoryGb, b.memoryGb) };
}

/** A pool's name from what is in its image, or for bare Macs from their kind, and from the values of the labels. */
export function demandName({ isolation, image, architecture, labels, slots }: MacDemand): string {
  const mac = architecture === "amd64" ? "intel-mac" : "mac";
  const system = isolation === "tart" ? imageName(image) : mac;
  const parts = [system, ...labels.map(([, value]) => value), ...(slots === 2 ? ["whole-mac"] : [])];
  return slug(parts.join("-"), poolNameLimit);
}

function imageName(image = "tart"): string {
  const [, name = image, tag = ""] = /([^/:@]+)(?::([^/@]+))?(?:@.*)?$/.exec(image) ?? [];
  return tag === "" || tag === "latest" ? name : `${name}-${tag}`;
}

/**
 * A pool of today's fleet that serves a demand: one that does and whose queue no pool serves that doesn't, since a job
 * can choose its queue only. A demand with labels is served by the pool that has its name: somebody made it for that.
 */
export function servingPool({ demand, name }: PoolDemand, ci: CiSystem, current: Settings): PoolSettings | undefined {
  const runners = new Set(current.runners.filter((runner) => runner.ci === ci).map((runner) => runner.name));
  const serves = (pool: PoolSettings) =>
    (demand.labels.length === 0 || pool.name === name) && fits(pool, demand, current);
  const serving = current.pools.filter(
    (pool) => runners.has(pool.runner) && current.pools.every((other) => other.runner !== pool.runner || serves(other)),
  );
  return serving.find((pool) => pool.name === name) ?? serving[0];
}

/** A pool that would serve a demand by itself, but not by its queue: other pools answer to that too. */
export function sharedPool({ demand }: PoolDemand, current: Settings): PoolSettings | undefined {
  return demand.labels.length > 0 ? undefined : current.pools.find((pool) => fits(pool, demand, current));
}

function fits(pool: PoolSettings, demand: MacDemand, current: Settings): boolean {
  if (demand.isolation === "tart") return pool.kind === "tart" && tartFits(pool, demand, current);
  if (pool.kind === "tart") return demand.labels.length > 0 && demand.architecture === "arm64";
  if (pool.kind === "orka") return false;
  return (pool.instanceType === "mac1.metal") === (demand.architecture === "amd64");
}

function tartFits(pool: TartPoolSettings, demand: MacDemand, current: Settings): boolean {
  const image = current.images.find(({ name }) => name === pool.image);
  const has = image?.kind === "tart" ? parseTartReference(image.reference) : undefined;
  const wants = parseTartReference(demand.image ?? "");
  if (!has || !wants || has.registry !== wants.registry || has.repository !== wants.repository) return false;
  if (wants.digest !== undefined && wants.digest !== has.digest) return false;
  const whole = demand.slots === 1 || pool.hosts.every(({ slots }) => slots < 2);
  return whole && pool.vm.cpu >= (demand.cpu ?? 0) && pool.vm.memoryGb >= (demand.memoryGb ?? 0);
}
