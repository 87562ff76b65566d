import type { LocatedProblem } from "../issues.ts";
import { entriesOf, poolsOfKind, problem, type Rule } from "../rule.ts";
import { imageNamed } from "./references.ts";

/** What Orka can do with a VM's disk and with tags. */
export const orkaRules: Rule = (draft) =>
  poolsOfKind(draft, "orka").flatMap(({ entry: pool, at }) => {
    const sizes = entriesOf(pool.vms).flatMap(({ entry }) => {
      const image = imageNamed(draft, entry.image);
      return image?.kind === "orka" && image.diskGb !== undefined ? [image.diskGb] : [];
    });
    return [
      ...diskRules(pool.vm?.diskGb, Math.max(0, ...sizes), [...at, "vm", "diskGb"]),
      ...tagRules(pool.tagRequired, "nodeTag" in pool, [...at, "tagRequired"]),
    ];
  });

function diskRules(diskGb: number | undefined, largestImageGb: number, at: PropertyKey[]): LocatedProblem[] {
  if (diskGb === undefined || diskGb >= largestImageGb) return [];
  return [
    problem(at, {
      found: `${diskGb} is smaller than an image of the pool, which has ${largestImageGb} GB.`,
      allowed: "Orka can grow a VM's disk and never shrink it.",
      fix: `Use ${largestImageGb} or more.`,
    }),
  ];
}

function tagRules(required: boolean | undefined, tagged: boolean, at: PropertyKey[]): LocatedProblem[] {
  if (!required || tagged) return [];
  return [
    problem(at, {
      found: "there is no `nodeTag` to require.",
      allowed: "It makes `nodeTag` a must instead of a wish.",
      fix: "Add `nodeTag`, or remove this.",
    }),
  ];
}
