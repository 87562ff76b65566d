import { nearest } from "../nearest.ts";
import { choices, show } from "../problem.ts";
import { entriesOf, type Placed, problem, type Rule } from "../rule.ts";
import type { DraftBlocks, DraftImage, DraftPool } from "../types.ts";

/** Pools name runners and images that exist and fit, and each image is used. */
export const referenceRules: Rule = (draft) => [...runnerRules(draft), ...imageRules(draft), ...unusedImages(draft)];

/** A place where a pool names an image. */
interface ImageUse extends Placed<string> {
  poolKind: DraftPool["kind"];
}

/** All places where pools name images. */
export function imageUses(draft: DraftBlocks): ImageUse[] {
  return entriesOf(draft.pools, "pools").flatMap(({ entry: pool, at }): ImageUse[] => {
    if (pool.kind === "orka") {
      return entriesOf(pool.vms, ...at, "vms").flatMap(({ entry: vms, at: vmsAt }) =>
        vms.image === undefined ? [] : [{ entry: vms.image, at: [...vmsAt, "image"], poolKind: pool.kind }],
      );
    }
    return pool.image === undefined ? [] : [{ entry: pool.image, at: [...at, "image"], poolKind: pool.kind }];
  });
}

/** The image of a name, as far as it is well-formed. */
export function imageNamed(draft: DraftBlocks, name: string | undefined): DraftImage | undefined {
  return name === undefined ? undefined : draft.images?.find((image) => image?.name === name);
}

function runnerRules(draft: DraftBlocks) {
  const known = namesIn(draft.runners);
  if (!known) return [];
  return entriesOf(draft.pools, "pools").flatMap(({ entry: pool, at }) =>
    pool.runner === undefined || known.includes(pool.runner)
      ? []
      : [unknown([...at, "runner"], pool.runner, "runners", known)],
  );
}

function imageRules(draft: DraftBlocks) {
  const known = namesIn(draft.images);
  return imageUses(draft).flatMap(({ entry: name, at, poolKind }) => {
    const image = imageNamed(draft, name);
    if (!image) return known ? [unknown(at, name, "images", known)] : [];
    if (image.kind === poolKind) return [];
    const fitting = (draft.images ?? []).flatMap((other) =>
      other?.kind === poolKind && other.name ? [other.name] : [],
    );
    return [
      problem(at, {
        found: `${show(name)} is an image of kind ${image.kind}.`,
        allowed: `A pool of kind ${poolKind} runs images of kind ${poolKind}.`,
        fix: fitting.length > 0 ? `Use ${choices(fitting)}.` : `Add an image of kind ${poolKind} to \`images\`.`,
      }),
    ];
  });
}

function unusedImages(draft: DraftBlocks) {
  const used = imageUses(draft).map((use) => use.entry);
  // A pool may mean this image with what is malformed or misspelt in it, so nothing is called unused before that is mended.
  if (!allUsesReadable(draft) || used.some((name) => !imageNamed(draft, name))) return [];
  return entriesOf(draft.images, "images").flatMap(({ entry: image, at }) =>
    image.name === undefined || used.includes(image.name) ? [] : [unused(at, image)],
  );
}

function unused(at: PropertyKey[], image: DraftImage) {
  return problem([...at, "name"], {
    found: `no pool runs ${show(image.name)}.`,
    allowed: "Each image is run by a pool of its kind.",
    fix: `Name it in a pool of kind ${image.kind}, or remove it.`,
  });
}

function allUsesReadable(draft: DraftBlocks): boolean {
  if (draft.pools === undefined) return false;
  return draft.pools.every((pool) => {
    if (pool?.kind !== "orka") return pool?.image !== undefined;
    return pool.vms?.every((vms) => vms?.image !== undefined) ?? false;
  });
}

/** The names in a list; undefined when an entry has no readable name, so that nothing can be called unknown. */
function namesIn(list: readonly ({ name?: string | undefined } | undefined)[] | undefined): string[] | undefined {
  const names = list?.flatMap((entry) => entry?.name ?? []);
  return names?.length === list?.length ? names && [...new Set(names)] : undefined;
}

function unknown(at: PropertyKey[], name: string, block: string, known: readonly string[]) {
  const meant = nearest(name, known);
  return problem(at, {
    found: `there is no ${show(name)} in \`${block}\`.`,
    allowed: known.length > 0 ? `There: ${choices(known, "and")}.` : `\`${block}\` is empty.`,
    fix: meant ? `Did you mean ${show(meant)}?` : `Use one of them, or add ${show(name)} to \`${block}\`.`,
  });
}
