/**
 * What `buildkite-agent pipeline upload` makes of a text, as far as these files use it: no variable is set (grammar in
 * parser.go of buildkite/interpolate).
 * @throws Error where the agent refuses a text
 */
export function interpolate(text: string): string {
  const part = /\\\\|\\\$|\$\$|\$\(|\$\{[A-Za-z]\w*(?:-([^}]*))?\}|\$[A-Za-z]\w*|\$(?=.)|[\s\S]/gu;
  return text.replace(part, (found: string, fallback?: string) => {
    if (found === "\\$" || found === "$$") return "$";
    if (found.startsWith("${")) return fallback ?? "";
    if (found === "$") throw new Error("Expected identifier to start with a letter");
    return found.startsWith("$") && found !== "$(" ? "" : found;
  });
}
