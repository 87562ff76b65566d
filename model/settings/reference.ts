import { z } from "zod";
import { type BlockName, blockNames, blocks } from "./schema.ts";
import { commandToSet, secretNames } from "./secrets.ts";

/** A node of a JSON Schema, with the two notes that fields carry. */
type Node = z.core.JSONSchema.BaseSchema & { allowed?: string; computedDefault?: string };

const project = "mac-runner-fleet";

/** The JSON Schema of a Pulumi.<stack>.yaml, for editors. It knows shapes; `fleet check` also knows what goes together. */
export function stackFileSchema(): object {
  const own = Object.fromEntries(blockNames.map((name) => [`${project}:${name}`, blockSchema(name, true)]));
  const secrets = Object.fromEntries(
    secretNames.map((name) => [
      `${project}:${name}`,
      { ...encrypted, description: `Set it with \`${commandToSet(name)}\`.` },
    ]),
  );
  const required = blockNames.filter((name) => !blocks[name].safeParse(undefined).success);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A stack of mac-runner-fleet",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: { "aws:region": { type: "string" }, ...own, ...secrets },
        patternProperties: { [`^(?!${project}:)`]: {} },
        additionalProperties: false,
        required: required.map((name) => `${project}:${name}`),
      },
    },
    required: ["config"],
  };
}

const encrypted = {
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
};

/** The reference in Markdown: a table for each block, the secrets, and `example`, a whole stack file. */
export function referencePage(example: string): string {
  return [
    "# Settings",
    "",
    "<!-- Made from model/settings by scripts/settings-docs.ts. Edit there. -->",
    "",
    `A stack's settings are in \`Pulumi.<stack>.yaml\`, under \`config\`, each block behind \`${project}:\`.`,
    "`fleet check` reads such a file and lists every mistake at once; `pulumi preview` and `pulumi up` do the same first.",
    "Nothing is created from a file with a mistake. Editors that know JSON Schema complete and check as you type.",
    "",
    ...blockNames.flatMap(blockSection),
    "## Secrets",
    "",
    "Encrypted by Pulumi, one key each; never inside a block.",
    "",
    table(
      ["Secret", "How to set it"],
      secretNames.map((name) => [`\`${name}\``, `\`${commandToSet(name)}\``]),
    ),
    "## A whole file",
    "",
    "```yaml",
    example.trimEnd(),
    "```",
    "",
  ].join("\n");
}

function blockSection(name: BlockName): string[] {
  const node = blockSchema(name, false);
  const variants = node.items && (node.items as Node).oneOf;
  const title = [`## ${name}`, "", node.description ?? "", ""];
  if (!variants) return [...title, settingsTable(node)];
  return [...title, ...variants.flatMap((variant) => variantSection(name, variant as Node))];
}

function variantSection(name: BlockName, variant: Node): string[] {
  const [key, node] = Object.entries(variant.properties ?? {}).find(([, value]) => "const" in (value as Node)) ?? [
    "",
    {},
  ];
  return [
    `### ${name} with \`${key}: ${String((node as Node).const)}\``,
    "",
    variant.description ?? "",
    "",
    settingsTable(variant),
  ];
}

function settingsTable(node: Node): string {
  return table(["Setting", "Type", "Default", "What it does"], rows(node, ""));
}

function rows(node: Node, prefix: string): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([key, value]) => {
    const field = value as Node;
    if ("const" in field) return [];
    const path = prefix + key;
    const needed = node.required?.includes(key) ?? false;
    const row = [`\`${path}\``, typeOf(field), defaultOf(field, needed), aboutOf(field)];
    return [row, ...rows(field, `${path}.`), ...rows((field.items ?? {}) as Node, `${path}[].`)];
  });
}

function typeOf(node: Node): string {
  if (node.enum) return `one of ${node.enum.length}`;
  if (node.type === "array") return (node.items as Node).type === "object" ? "list of groups" : "list";
  if (node.type === "object") return node.properties ? "group" : "pairs";
  return { string: "text", integer: "whole number", boolean: "true or false" }[String(node.type)] ?? String(node.type);
}

function defaultOf(node: Node, needed: boolean): string {
  if (node.computedDefault) return node.computedDefault;
  if (node.default !== undefined) return `\`${JSON.stringify(node.default)}\``;
  return needed ? "*needed*" : "none";
}

function aboutOf(node: Node): string {
  const entry = node.items as Node | undefined;
  return [node.description, node.allowed ?? entry?.allowed].filter(Boolean).join(" ").replaceAll("|", "\\|");
}

function table(head: string[], body: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line), ""].join("\n");
}

/** A block's JSON Schema. For editors the notes move into the description, as other programs don't know them. */
function blockSchema(name: BlockName, forEditors: boolean): Node {
  const { $schema: _, ...node } = z.toJSONSchema(blocks[name], {
    io: "input",
    override: ({ jsonSchema }) => forEditors && tellEditors(jsonSchema as Node),
  }) as Node;
  return node;
}

function tellEditors(node: Node): void {
  if (node.description && node.allowed) node.description = `${node.description} ${node.allowed}`;
  delete node.allowed;
  delete node.computedDefault;
}
