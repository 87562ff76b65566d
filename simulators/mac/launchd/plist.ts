/** A value in a property list. */
export type PlistValue = string | number | boolean | PlistValue[] | { [key: string]: PlistValue };

const TOKEN = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>]*>|<(\/?)([A-Za-z]+)([^>]*?)(\/?)>|([^<]+)/y;
const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

interface Token {
  kind: "open" | "close" | "text";
  /** The tag, or the text with its entities resolved. */
  value: string;
}

/**
 * Reads an XML property list, as strictly as launchd does: only dict, array, key, string, integer, real, true, false.
 * @throws Error that says what is wrong
 */
export function parsePlist(xml: string): PlistValue {
  const tokens = tokenize(xml);
  expectTag(tokens, "open", "plist");
  const value = parseValue(tokens);
  expectTag(tokens, "close", "plist");
  if (tokens.length > 0) throw new Error("text after </plist>");
  return value;
}

function tokenize(xml: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(xml);
    if (!match) throw new Error(`not XML at character ${at}`);
    const [, slash, tag, , selfClosing, text] = match;
    if (text !== undefined) tokens.push({ kind: "text", value: resolveEntities(text) });
    if (tag === undefined) continue;
    tokens.push({ kind: slash ? "close" : "open", value: tag });
    if (selfClosing) tokens.push({ kind: "close", value: tag });
  }
  return tokens;
}

function resolveEntities(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (entity, name: string) => {
    if (name.startsWith("#x")) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    const character = ENTITIES[name];
    if (character === undefined) throw new Error(`unknown entity ${entity}`);
    return character;
  });
}

function parseValue(tokens: Token[]): PlistValue {
  skipSpace(tokens);
  const token = tokens.shift();
  if (token?.kind !== "open") throw new Error(`a value is missing before ${token?.value ?? "the end"}`);
  switch (token.value) {
    case "dict":
      return parseDict(tokens);
    case "array":
      return parseArray(tokens);
    case "string":
      return parseText(tokens, "string");
    case "integer":
    case "real":
      return parseNumber(tokens, token.value);
    case "true":
    case "false":
      expectTag(tokens, "close", token.value);
      return token.value === "true";
    default:
      throw new Error(`<${token.value}> is not a value`);
  }
}

function parseDict(tokens: Token[]): { [key: string]: PlistValue } {
  const dict: { [key: string]: PlistValue } = {};
  while (!closes(tokens, "dict")) {
    expectTag(tokens, "open", "key");
    const key = parseText(tokens, "key");
    dict[key] = parseValue(tokens);
  }
  return dict;
}

function parseArray(tokens: Token[]): PlistValue[] {
  const items: PlistValue[] = [];
  while (!closes(tokens, "array")) items.push(parseValue(tokens));
  return items;
}

function parseText(tokens: Token[], tag: string): string {
  const text = tokens[0]?.kind === "text" ? (tokens.shift()?.value ?? "") : "";
  expectTag(tokens, "close", tag);
  return text;
}

function parseNumber(tokens: Token[], tag: string): number {
  const text = parseText(tokens, tag).trim();
  const value = Number(text);
  if (text === "" || Number.isNaN(value)) throw new Error(`<${tag}> holds ${JSON.stringify(text)}`);
  return value;
}

function closes(tokens: Token[], tag: string): boolean {
  skipSpace(tokens);
  if (tokens[0]?.kind !== "close" || tokens[0].value !== tag) return false;
  tokens.shift();
  return true;
}

function expectTag(tokens: Token[], kind: "open" | "close", tag: string): void {
  skipSpace(tokens);
  const token = tokens.shift();
  if (token?.kind !== kind || token.value !== tag) {
    throw new Error(`expected <${kind === "close" ? "/" : ""}${tag}>, found ${token?.value ?? "the end"}`);
  }
  if (kind === "close" && tag === "plist") skipSpace(tokens);
}

function skipSpace(tokens: Token[]): void {
  while (tokens[0]?.kind === "text" && tokens[0].value.trim() === "") tokens.shift();
}
