import { isRegion, regions, zonesOf } from "../aws-places.ts";
import type { LocatedProblem } from "../issues.ts";
import { macosNames, macTypes } from "../mac-types.ts";
import { choices, show } from "../problem.ts";
import { entriesOf, poolsOfKind, problem, type Rule } from "../rule.ts";
import type { Draft, DraftBlocks, DraftImage, DraftPool, Ec2MacImageSettings, RawSettings } from "../types.ts";
import { imageNamed } from "./references.ts";

type Pool = Extract<DraftPool, { kind: "ec2-mac" }>;
type Image = Draft<Ec2MacImageSettings>;

/** What EC2 Macs can do where, and with which AMI. */
export const ec2MacRules: Rule = (draft, raw) => [
  ...awsRegionRules(draft, raw),
  ...entriesOf(draft.images, "images").flatMap(({ entry, at }) => (isEc2Image(entry) ? amiRules(entry, at) : [])),
  ...poolsOfKind(draft, "ec2-mac").flatMap(({ entry: pool, at }) => [
    ...zoneRules(pool, at, pool.region ?? raw.region),
    ...networkRules(pool, at),
    ...machineRules(pool, at, imageNamed(draft, pool.image)),
    ...floorRules(pool, at),
  ]),
];

function isEc2Image(image: DraftImage): image is Image {
  return image.kind === "ec2-mac";
}

function awsRegionRules(draft: DraftBlocks, { blocks, region }: RawSettings): LocatedProblem[] {
  const needed = poolsOfKind(draft, "ec2-mac").some(({ at }) => !hasRegion(blocks, at[1]));
  if (!needed || (region !== undefined && isRegion(region))) return [];
  return [
    problem(["aws:region"], {
      found: region === undefined ? "missing." : `EC2 has no Macs in ${show(region)}.`,
      allowed: `A pool of EC2 Macs without a \`region\` of its own uses it. EC2 has Macs in ${choices(regions, "and")}.`,
      fix: "Type `pulumi config set aws:region us-east-1`, with your region.",
    }),
  ];
}

/** Whether the file gives a pool a region, right or wrong. */
function hasRegion(blocks: Record<string, unknown>, index: PropertyKey | undefined): boolean {
  const pool = (blocks.pools as Record<PropertyKey, { region?: unknown }>)[index ?? 0];
  return pool?.region !== undefined;
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
  const zones = entriesOf(pool.zones).map(({ entry }) => entry);
  if (pool.subnets === undefined && pool.vpcId === undefined) return [];
  if (pool.subnets === undefined || pool.vpcId === undefined) {
    const [given, lacking] = pool.vpcId === undefined ? ["subnets", "vpcId"] : ["vpcId", "subnets"];
    return [
      problem([...at, lacking], {
        found: `missing, but there is \`${given}\`.`,
        allowed:
          "A network of your own takes both `vpcId` and a subnet for each zone; the default network takes neither.",
        fix: `Add \`${lacking}\`, or remove \`${given}\`.`,
      }),
    ];
  }
  const { subnets } = pool;
  return [
    ...zones.filter((zone) => !Object.hasOwn(subnets, zone)).map((zone) => noSubnet([...at, "subnets"], zone)),
    ...Object.keys(subnets)
      .filter((zone) => !zones.includes(zone))
      .map((zone) => idleSubnet([...at, "subnets", zone], zone)),
  ];
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

const publicAmi = /^\/aws\/service\/ec2-macos\/([^/]+)\/([^/]+)\/[^/]+\/image_id$/;

function amiRules(image: Image, at: PropertyKey[]): LocatedProblem[] {
  const given = [image.ami, image.ssmParameter].filter((source) => source !== undefined).length;
  const published = publicAmi.exec(image.ssmParameter ?? "")?.[1];
  const name = image.macos === undefined ? undefined : macosNames[image.macos];
  if (given === 2) return [notOneSource([...at, "ami"], "`ssmParameter` is given too.")];
  if (given === 0) return [notOneSource([...at, "ssmParameter"], "missing, and so is `ami`.")];
  if (published === undefined || name === undefined || published === name) return [];
  return [
    problem([...at, "ssmParameter"], {
      found: `it holds an AMI of macOS ${published}.`,
      allowed: `The image says macOS ${image.macos}, which is ${name}.`,
      fix: "Change the one that is wrong.",
    }),
  ];
}

function notOneSource(at: PropertyKey[], found: string): LocatedProblem {
  return problem(at, {
    found,
    allowed: "An image for EC2 Macs has either an `ami` or an `ssmParameter`.",
    fix: "A parameter follows AWS's updates; an AMI stays the same until you change it.",
  });
}

function machineRules(pool: Pool, at: PropertyKey[], image: DraftImage | undefined): LocatedProblem[] {
  if (pool.instanceType === undefined || image === undefined || !isEc2Image(image)) return [];
  const type = macTypes[pool.instanceType];
  const architecture = publicAmi.exec(image.ssmParameter ?? "")?.[2];
  const problems: LocatedProblem[] = [];
  if (architecture !== undefined && architecture !== type.architecture) {
    problems.push(
      problem([...at, "image"], {
        found: `${show(image.name)} is for ${architecture}.`,
        allowed: `${pool.instanceType} boots AMIs for ${type.architecture}.`,
        fix: `Use a parameter with ${type.architecture} in its path, or another instance type.`,
      }),
    );
  } else if (image.macos !== undefined && image.macos < type.oldestMacos) {
    problems.push(
      problem([...at, "image"], {
        found: `${show(image.name)} has macOS ${image.macos}.`,
        allowed: `${pool.instanceType} boots macOS ${type.oldestMacos} and later.`,
        fix: "Use a newer image or another instance type.",
      }),
    );
  }
  return problems;
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
