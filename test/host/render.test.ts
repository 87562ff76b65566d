import { deepEqual, equal, throws } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { render } from "../../host/render.ts";

const folder = mkdtempSync(path.join(tmpdir(), "render-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function template(content: string): URL {
  const file = path.join(folder, "template.hbs");
  writeFileSync(file, content);
  return pathToFileURL(file);
}

test("a bare value is inserted as it is, and groups are reached with a dot", () => {
  equal(render(template("{{a}} {{b.c}}\n"), { a: "<&'\">", b: { c: 3 } }), "<&'\"> 3\n");
});

test("an absent value is an error, bare or quoted", () => {
  for (const content of ["{{absent}}", "{{sh absent}}", "{{xml absent}}", "{{group.absent}}"])
    throws(() => render(template(content), { group: {} }), /absent|quote undefined/, content);
});

test("a control character cannot be quoted, because a line break could end a here-document", () => {
  for (const value of ["two\nlines", "bell\u0007", "nul\0"])
    for (const helper of ["sh", "xml"])
      throws(() => render(template(`{{${helper} v}}`), { v: value }), /control character/);
});

test("whatever text is quoted for the shell, the shell reads it back", () => {
  const texts = fc.sample(
    fc.string({ unit: "grapheme" }).filter((value) => !/\p{Cc}/u.test(value)),
    200,
  );
  const words = texts.map((value) => render(template("{{sh value}}"), { value })).join(" ");
  const out = execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${words}`], { encoding: "utf8" });
  deepEqual(out.split("\n").slice(0, -1), texts);
});

test("text in a property list cannot open a tag or an entity", () => {
  equal(render(template("{{xml v}}"), { v: `<a b="c">&'` }), "&lt;a b=&quot;c&quot;&gt;&amp;&apos;");
});
