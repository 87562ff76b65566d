import { show } from "../problem.ts";
import { entriesOf, problem, type Rule } from "../rule.ts";
import { parseTartReference } from "../tart-reference.ts";

/** A tag moves, and Macs that pull at different times would run different images without a word. */
export const tartRules: Rule = (draft) =>
  entriesOf(draft.images, "images").flatMap(({ entry: image, at }) => {
    if (image.kind !== "tart" || image.reference === undefined || image.insecure === true) return [];
    const reference = parseTartReference(image.reference);
    if (!reference || reference.digest) return [];
    return [
      problem([...at, "reference"], {
        found: `${show(`:${reference.tag ?? "latest"}`)} can move to other bytes.`,
        allowed: "An image is named by its digest: host/name@sha256:<64 digits from 0 to f>.",
        fix: "`tart fqn` prints the digest of an image you have pulled. Only a test registry (`insecure: true`) may use a tag.",
      }),
    ];
  });
