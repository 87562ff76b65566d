import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { referencePage, stackFileSchema } from "../../../model/settings/reference.ts";
import { parseSettings } from "../../../model/settings.ts";
import { readStackFile } from "../../../model/stack-file.ts";
import { staleDocs } from "../../../scripts/settings-docs.ts";
import { valid } from "./read.ts";

test("the generated pages and the JSON Schema are current", async () => deepEqual(await staleDocs(), []));

test("the example in the reference is right", () => {
  const page = readFileSync(new URL("../../../docs/settings.md", import.meta.url), "utf8");
  const example = /```yaml\n([\s\S]*)```/.exec(page)?.[1] ?? "";
  valid(parseSettings(readStackFile(parse(example))));
});

test("the reference explains each setting and has no empty cell", () => {
  const cells = referencePage("")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  ok(cells.length > 60);
  equal(cells.filter((line) => /\|\s*\|/.test(line)).join(), "");
});

test("the JSON Schema for editors takes the committed stacks and refuses an unknown setting", () => {
  const schema = z.fromJSONSchema(stackFileSchema() as never);
  for (const stack of ["local", "staging", "production"]) {
    const file = parse(readFileSync(new URL(`../../../Pulumi.${stack}.yaml`, import.meta.url), "utf8"));
    equal(schema.safeParse(file).error, undefined);
    file.config["mac-runner-fleet:pools"][0].host = 2;
    ok(!schema.safeParse(file).success);
  }
});
