import { validationError } from "../failures.ts";
import { type CommandSpec, integer, option } from "../parser.ts";
import { type Prunable, prunableCaches, prunableVms, prune } from "../prune.ts";
import { collectImages } from "../storage.ts";
import type { Home } from "../world.ts";

/** Deletes what was not used for long: cached images, or, with `--entries vms`, stopped local VMs. */
export const command: CommandSpec = {
  name: "prune",
  arguments: [],
  options: {
    entries: { value: "text" },
    "older-than": { value: "integer" },
    "space-budget": { value: "integer" },
    "cache-budget": { value: "integer", hidden: true },
    gc: { hidden: true },
  },
  validate(given) {
    const entries = option(given, "entries") ?? "caches";
    if (!["caches", "vms"].includes(entries)) {
      throw validationError(`unsupported --entries value, please specify either "caches" or "vms"`);
    }
    const hasCriterion = ["older-than", "space-budget", "cache-budget"].some((o) => given.options.has(o));
    if (!hasCriterion && !given.flags.has("gc"))
      throw validationError("at least one pruning criteria must be specified");
  },
  async run(given, { home }) {
    if (given.flags.has("gc")) collectImages(home);
    const list = () => prunables(home, option(given, "entries"));
    const days = integer(given, "older-than");
    if (days !== undefined) prune(home, olderThan(list(), days));
    const budget = integer(given, "space-budget") ?? integer(given, "cache-budget");
    if (budget !== undefined) prune(home, overBudget(list(), budget * 1024 ** 3));
    return 0;
  },
};

function prunables(home: Home, entries = "caches"): Prunable[] {
  return entries === "vms" ? prunableVms(home) : prunableCaches(home);
}

function olderThan(all: readonly Prunable[], days: number): Prunable[] {
  const limit = Date.now() - days * 86_400_000;
  return all.filter((p) => p.accessed.getTime() <= limit);
}

/** The most recently used stay while they fit. */
function overBudget(all: readonly Prunable[], budgetBytes: number): Prunable[] {
  let left = budgetBytes;
  return all.toReversed().filter((p) => {
    if (p.allocatedBytes > left) return true;
    left -= p.allocatedBytes;
    return false;
  });
}
