import { isRegion, regions, zonesOf } from "../aws-places.ts";
import type { LocatedProblem } from "../issues.ts";
import { normalRange } from "../network.ts";
import { choices, show } from "../problem.ts";
import { entriesOf, poolsOfKind, problem, type Rule } from "../rule.ts";
import type { DraftBlocks, DraftPool, RawSettings } from "../types.ts";

type Pool = Extract<DraftPool, { kind: "ec2-mac" }>;

/** What pools of EC2 Macs can have where. */
export const ec2MacRules: Rule = (draft, raw) => [
  ...awsRegionRules(draft, raw),
  ...poolsOfKind(draft, "ec2-mac").flatMap(({ entry: pool, at }) => [
    ...zoneRules(pool, at, "region" in pool ? pool.region : raw.region),
    ...networkRules(pool, at),
    ...sshRules(pool, at),
    ...floorRules(pool, at),
    ...typeRules(pool, at),
  ]),
];

function awsRegionRules(draft: DraftBlocks, { region }: RawSettings): LocatedProblem[] {
  const needed = poolsOfKind(draft, "ec2-mac").some(({ entry }) => !("region" in entry));
  if (!needed || (region !== undefined && isRegion(region))) return [];
  return [
    problem(["aws:region"], {
      found: region === undefined ? "missing." : `${show(region)} is not allowed.`,
      allowed: `A pool of EC2 Macs without a \`region\` of its own uses it. EC2 has Macs in ${choices(regions, "and")}.`,
      fix: "Type `pulumi config set aws:region us-east-1`, with your region.",
    }),
  ];
}

function zoneRules(pool: Pool, at: PropertyKey[], region: string | undefined): LocatedProblem[] {
  const zones = entriesOf(pool.zones, ...at, "zones");
  const twice = zones.filter(({ entry }, index) => zones.findIndex((zone) => zone.entry === entry) < index);
  const repeats = twice.map((zone) =>
    problem(zone.at, {
      found: `${show(zone.entry)} is in the list already.`,
      allowed: "Each zone is listed once.",
      fix: "Remove it.",
    }),
  );
  if (region === undefined || !isRegion(region)) return repeats;
  const known = zonesOf(region);
  const strangers = zones.filter(({ entry }) => !known.includes(entry));
  return [...repeats, ...strangers.map(({ entry, at: zoneAt }) => strangeZone(entry, zoneAt, region, known))];
}

function strangeZone(zone: string, at: PropertyKey[], region: string, known: readonly string[]): LocatedProblem {
  return problem(at, {
    found: `${show(zone)} is not a zone of ${region}.`,
    allowed: `The zones of ${region} are ${choices(known, "and")}.`,
    fix: "Use one of them, or change the pool's region.",
  });
}

function networkRules(pool: Pool, at: PropertyKey[]): LocatedProblem[] {
  const hasVpc = "vpcId" in pool;
  if (hasVpc !== "subnets" in pool) return [halfNetwork(at, hasVpc ? ["vpcId", "subnets"] : ["subnets", "vpcId"])];
  const { subnets } = pool;
  if (subnets === undefined || pool.zones === undefined) return [];
  const zones = entriesOf(pool.zones).map(({ entry }) => entry);
  const lacking = zones.filter((zone) => !Object.hasOwn(subnets, zone));
  const idle = Object.keys(subnets).filter((zone) => !zones.includes(zone));
  return [
    ...lacking.map((zone) => noSubnet([...at, "subnets"], zone)),
    ...idle.map((zone) => idleSubnet([...at, "subnets", zone], zone)),
  ];
}

function halfNetwork(at: PropertyKey[], [given, lacking]: [string, string]): LocatedProblem {
  return problem([...at, lacking], {
    found: `missing, but there is \`${given}\`.`,
    allowed: "A network of your own takes both `vpcId` and a subnet for each zone; the default network takes neither.",
    fix: `Add \`${lacking}\`, or remove \`${given}\`.`,
  });
}

function noSubnet(at: PropertyKey[], zone: string): LocatedProblem {
  return problem(at, {
    found: `there is no subnet for ${zone}.`,
    allowed: "Each of the pool's zones has one.",
    fix: `Add \`${zone}: subnet-...\`.`,
  });
}

function idleSubnet(at: PropertyKey[], zone: string): LocatedProblem {
  return problem(at, {
    found: `the pool has no hosts in ${zone}.`,
    allowed: "Subnets are for the zones in `zones`.",
    fix: "Add the zone there, or remove the subnet.",
  });
}

function sshRules(pool: Pool, at: PropertyKey[]): LocatedProblem[] {
  return entriesOf(pool.sshFrom, ...at, "sshFrom").flatMap(({ entry: range, at: rangeAt }) => {
    const normal = normalRange(range);
    if (range.endsWith("/0")) return [openToAll(rangeAt, range)];
    return normal === undefined || normal === range ? [] : [unevenRange(rangeAt, range, normal)];
  });
}

function openToAll(at: PropertyKey[], range: string): LocatedProblem {
  return problem(at, {
    found: `${show(range)} lets the whole internet in.`,
    allowed: "Only ranges you know may reach a Mac's ssh.",
    fix: "Give your office's or VPN's range, or leave the list empty and use Session Manager.",
  });
}

function unevenRange(at: PropertyKey[], range: string, normal: string): LocatedProblem {
  return problem(at, {
    found: `${show(range)} has bits set behind its prefix.`,
    allowed: "AWS clears them, and each later preview would show a change.",
    fix: `Use ${normal}, or ${range.replace(/[0-9]+$/, "32")} for the one address.`,
  });
}

function floorRules(pool: Pool, at: PropertyKey[]): LocatedProblem[] {
  if (pool.floor === undefined || pool.hosts === undefined || pool.floor <= pool.hosts) return [];
  return [
    problem([...at, "floor"], {
      found: `${pool.floor} is more than the pool has.`,
      allowed: `The pool has ${pool.hosts} ${pool.hosts === 1 ? "host" : "hosts"}, so the alarm would never end.`,
      fix: "Leave it out to be told as soon as two are silent.",
    }),
  ];
}

function typeRules(pool: Pool, at: PropertyKey[]): LocatedProblem[] {
  const types = entriesOf(pool.alsoInstanceTypes, ...at, "alsoInstanceTypes");
  return types
    .filter(({ entry }, index) => {
      const isFirst = types.findIndex((type) => type.entry === entry) === index;
      return entry === pool.instanceType || !isFirst;
    })
    .map(({ entry, at: typeAt }) =>
      problem(typeAt, {
        found: `${entry} is tried already.`,
        allowed: "Each kind of Mac is listed once, and `instanceType` comes first by itself.",
        fix: "Remove it.",
      }),
    );
}
