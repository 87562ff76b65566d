import type { ImageSettings, Settings } from "./types.ts";

/**
 * The image of that name and kind.
 * @throws Error when there is none, which checked settings rule out
 */
export function imageOf<Kind extends ImageSettings["kind"]>(
  settings: Settings,
  kind: Kind,
  name: string,
): Extract<ImageSettings, { kind: Kind }> {
  const found = settings.images.find((image) => image.name === name && image.kind === kind);
  if (!found) throw new Error(`checked settings name image ${name} of kind ${kind}, which they do not have`);
  return found as Extract<ImageSettings, { kind: Kind }>;
}
