import { readFileSync } from "node:fs";
import Handlebars from "handlebars";

/** What a template may name; groups are reached with a dot. */
export interface TemplateValues {
  readonly [name: string]: string | number | TemplateValues;
}

const engine = Handlebars.create();
engine.registerHelper("sh", (value: unknown) => `'${printable(value).replaceAll("'", `'\\''`)}'`);
engine.registerHelper("xml", (value: unknown) =>
  printable(value).replace(/[&<>"']/g, (found) => xmlEntities[found] ?? ""),
);

const xmlEntities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/**
 * Fills in a template next to the component that owns it. What a template inserts is not escaped, so each place says
 * what it is: `{{sh value}}` is one shell word, `{{xml value}}` is text in a property list, and a bare `{{value}}` is
 * another rendered file.
 * @param templateFile for example `new URL("./user-data.sh.hbs", import.meta.url)`
 * @throws Error when the template names a value that is absent, or quotes one that is no text or number, or that holds
 * a control character (a line break could end a here-document).
 */
export function render(templateFile: URL, values: TemplateValues): string {
  const template = engine.compile(readFileSync(templateFile, "utf8"), { noEscape: true, strict: true });
  return template(values);
}

function printable(value: unknown): string {
  if (typeof value !== "string" && !Number.isFinite(value)) throw new Error(`cannot quote ${typeof value} ${value}`);
  const text = String(value);
  if (/\p{Cc}/u.test(text)) throw new Error(`cannot quote ${JSON.stringify(text)}: it holds a control character`);
  return text;
}
