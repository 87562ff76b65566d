import { partWords } from "../../names.ts";
import type { LocatedProblem } from "../issues.ts";
import { choices, show, writePath } from "../problem.ts";
import { entriesOf, type Placed, poolsOfKind, problem, type Rule } from "../rule.ts";
import type { DraftBlocks } from "../types.ts";

/** Names that tell things apart are used once. */
export const nameRules: Rule = (draft) => [
  ...repeated(namesOf(draft.runners, "runners"), "Each runner has a name of its own."),
  ...repeated(namesOf(draft.images, "images"), "Each image has a name of its own."),
  ...repeated(namesOf(draft.pools, "pools"), "Each pool has a name of its own."),
  ...repeated(hostNames(draft), "Each Mac has a name of its own, whatever the case of its letters."),
  ...partNames(draft),
  ...longPrefixes(draft),
  ...repeated(prefixes(draft), "Each pool of EC2 Macs has a prefix of its own; the hosts would have the same names."),
  ...repeated(addresses(draft), "Each Mac is listed once: an address and port belong to one Mac."),
  ...repeated(vmNames(draft), "Pool and image together make the VMs' names, and these two make the same."),
];

/** A text that must be unique, and where it is. */
type Named = Placed<string>;

function repeated(names: readonly Named[], allowed: string): LocatedProblem[] {
  const first = new Map<string, Named>();
  return names.flatMap((name) => {
    const key = name.entry.toLowerCase();
    const earlier = first.get(key);
    if (!earlier) first.set(key, name);
    return earlier ? [taken(name, earlier, allowed)] : [];
  });
}

function taken(name: Named, earlier: Named, allowed: string): LocatedProblem {
  return problem(name.at, {
    found: `${show(name.entry)} is taken by ${writePath(earlier.at)}.`,
    allowed,
    fix: "Change or remove one of the two.",
  });
}

function namesOf(list: readonly ({ name?: string | undefined } | undefined)[] | undefined, block: string): Named[] {
  return entriesOf(list, block).flatMap(({ entry, at }) =>
    entry.name === undefined ? [] : [{ entry: entry.name, at: [...at, "name"] }],
  );
}

function hostNames(draft: DraftBlocks): Named[] {
  const ours = tartHosts(draft).flatMap(({ entry, at }) =>
    entry.name === undefined ? [] : [{ entry: entry.name, at: [...at, "name"] }],
  );
  const onEc2 = prefixes(draft).flatMap(({ entry, at, count }) =>
    Array.from({ length: count }, (_, index) => ({ entry: `${entry}-${index + 1}`, at })),
  );
  const seen = new Set<string>();
  // Two pools with one prefix are reported once, as such, and not again for each host.
  return [...onEc2.filter(({ entry }) => !seen.has(entry.toLowerCase()) && seen.add(entry.toLowerCase())), ...ours];
}

function partNames(draft: DraftBlocks): LocatedProblem[] {
  const pools = namesOf(
    poolsOfKind(draft, "ec2-mac").map(({ entry }) => entry),
    "pools",
  ).map(({ entry }) => entry);
  return poolsOfKind(draft, "ec2-mac").flatMap(({ entry: { name }, at }) => {
    const other = pools.find((each) => partWords.some((word) => `${name}-`.startsWith(`${each}-${word}-`)));
    if (other === undefined || name === undefined) return [];
    return problem([...at, "name"], {
      found: `${show(name)} is what a part of pool ${show(other)} is called.`,
      allowed: `After the name of another pool and a dash comes none of ${choices(partWords)}.`,
      fix: "Give it another name.",
    });
  });
}

/** GitHub takes 64 characters for a runner's name: the host's, its number, the instance's id and a number for each job. */
const prefixLimit = 28;

function longPrefixes(draft: DraftBlocks): LocatedProblem[] {
  return prefixes(draft).flatMap(({ entry, at }) =>
    entry.length <= prefixLimit
      ? []
      : problem(at, {
          found: `${show(entry)} has ${entry.length} characters.`,
          allowed: `Hosts are called after it, and runners after hosts, so it has ${prefixLimit} at most.`,
          fix: at.at(-1) === "name" ? "Add a shorter `hostNamePrefix`, or use a shorter name." : "Use a shorter one.",
        }),
  );
}

function prefixes(draft: DraftBlocks): (Named & { count: number })[] {
  return poolsOfKind(draft, "ec2-mac").flatMap(({ entry: pool, at }) => {
    const key = "hostNamePrefix" in pool ? "hostNamePrefix" : "name";
    const prefix = pool[key];
    if (prefix === undefined) return [];
    return [{ entry: prefix, at: [...at, key], count: Math.max(pool.hosts ?? 0, pool.sizing?.maxHosts ?? 0) }];
  });
}

function addresses(draft: DraftBlocks): Named[] {
  return tartHosts(draft).flatMap(({ entry, at }) => {
    const port = "port" in entry ? entry.port : 22;
    if (entry.address === undefined || port === undefined) return [];
    return [{ entry: `${entry.address}:${port}`, at: [...at, "address"] }];
  });
}

function tartHosts(draft: DraftBlocks) {
  return poolsOfKind(draft, "tart").flatMap(({ entry: pool, at }) => entriesOf(pool.hosts, ...at, "hosts"));
}

function vmNames(draft: DraftBlocks): Named[] {
  return poolsOfKind(draft, "orka").flatMap(({ entry: pool, at }) =>
    entriesOf(pool.vms, ...at, "vms").flatMap(({ entry: vms, at: vmsAt }) =>
      pool.name === undefined || vms.image === undefined
        ? []
        : [{ entry: `${pool.name}-${vms.image}`, at: [...vmsAt, "image"] }],
    ),
  );
}
