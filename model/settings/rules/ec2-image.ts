import type { LocatedProblem } from "../issues.ts";
import { type MacosVersion, type MacTypeName, macosNames, macosVersions, macTypes } from "../mac-types.ts";
import { show } from "../problem.ts";
import { entriesOf, poolsOfKind, problem, type Rule } from "../rule.ts";
import type { Draft, DraftImage, Ec2MacImageSettings } from "../types.ts";
import { imageNamed } from "./references.ts";

type Image = Draft<Ec2MacImageSettings>;

/** An AMI comes from one place, is what the image says it is, and boots on the Macs that run it. */
export const ec2ImageRules: Rule = (draft) => [
  ...entriesOf(draft.images, "images").flatMap(({ entry, at }) => (isEc2Image(entry) ? amiRules(entry, at) : [])),
  ...poolsOfKind(draft, "ec2-mac").flatMap(({ entry: pool, at }) => {
    const image = imageNamed(draft, pool.image);
    const others = entriesOf(pool.alsoInstanceTypes, ...at, "alsoInstanceTypes");
    return [
      ...bootRules(pool.instanceType, [...at, "image"], image),
      ...others.flatMap(({ entry, at: typeAt }) => bootRules(entry, typeAt, image)),
    ];
  }),
];

function isEc2Image(image: DraftImage | undefined): image is Image {
  return image?.kind === "ec2-mac";
}

/** The parameters in which AWS publishes its macOS AMIs: `/aws/service/ec2-macos/<macOS>/<architecture>/<version>/image_id`. */
function publishedAmi(image: Image): { macos: string; architecture: string } | undefined {
  const path = image.ssmParameter ?? "";
  const [, macos, architecture] = /^\/aws\/service\/ec2-macos\/([^/]+)\/([^/]+)\/[^/]+\/image_id$/.exec(path) ?? [];
  return macos && architecture ? { macos, architecture } : undefined;
}

function amiRules(image: Image, at: PropertyKey[]): LocatedProblem[] {
  if ("ami" in image && "ssmParameter" in image) return [notOneSource([...at, "ami"], "`ssmParameter` is given too.")];
  if (!("ami" in image || "ssmParameter" in image)) {
    return [notOneSource([...at, "ssmParameter"], "missing, and so is `ami`.")];
  }
  const published = publishedAmi(image);
  if (!published || image.macos === undefined || isNameOf(published.macos, image.macos)) return [];
  return [
    problem([...at, "ssmParameter"], {
      found: `it holds an AMI of macOS ${versionAndName(published.macos)}.`,
      allowed: `The image says that it has macOS ${image.macos}.`,
      fix: "Change the one that is wrong.",
    }),
  ];
}

/** Whether a name may mean a version. The newest macOS has no AMI yet, so its name there is anyone's guess. */
function isNameOf(name: string, version: MacosVersion): boolean {
  return versionNamed(name) === version || (versionNamed(name) === undefined && macosNames[version] === undefined);
}

function versionNamed(name: string): MacosVersion | undefined {
  return macosVersions.find((version) => macosNames[version] === name);
}

function versionAndName(name: string): string {
  const version = versionNamed(name);
  return version === undefined ? show(name) : `${version} (${name})`;
}

function notOneSource(at: PropertyKey[], found: string): LocatedProblem {
  return problem(at, {
    found,
    allowed: "An image for EC2 Macs has either an `ami` or an `ssmParameter`.",
    fix: "A parameter follows AWS's updates; an AMI stays the same until you change it.",
  });
}

function bootRules(type: MacTypeName | undefined, at: PropertyKey[], image: DraftImage | undefined): LocatedProblem[] {
  if (type === undefined || !isEc2Image(image)) return [];
  const { architecture, oldestMacos } = macTypes[type];
  const published = publishedAmi(image);
  if (published && published.architecture !== architecture) {
    return [
      problem(at, {
        found: `${show(image.name)} is for ${show(published.architecture)}.`,
        allowed: `${type} boots AMIs for ${architecture}.`,
        fix: `Use a parameter with ${architecture} in its path, or another instance type.`,
      }),
    ];
  }
  if (image.macos === undefined || image.macos >= oldestMacos) return [];
  return [
    problem(at, {
      found: `${show(image.name)} has macOS ${image.macos}.`,
      allowed: `${type} boots macOS ${oldestMacos} and later.`,
      fix: "Use a newer image or another instance type.",
    }),
  ];
}
