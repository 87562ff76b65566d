import { deepEqual, equal, rejects } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { codeSha256, zipOf } from "../../../../simulators/providers/aws/lambda/archive.ts";
import { archive, asset } from "../support.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "archive-"));
  mkdirSync(path.join(folder, "room/deep"), { recursive: true });
  writeFileSync(path.join(folder, "room/deep/a.ts"), "export const a = 1;\n");
  writeFileSync(path.join(folder, "room/empty.ts"), "");
});
after(() => rmSync(folder, { recursive: true }));

const code = () =>
  archive({
    assets: {
      "index.mjs": asset({ text: "export {};\n" }),
      room: archive({ path: path.join(folder, "room") }),
      "node_modules/one/a.ts": asset({ path: path.join(folder, "room/deep/a.ts") }),
    },
  });

/** Name and text of each file, as Python's zipfile finds them. */
function contents(zip: Buffer): [string, string][] {
  const file = path.join(folder, "code.zip");
  writeFileSync(file, zip);
  const program = `import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps([[n, z.read(n).decode()] for n in z.namelist()]))`;
  return JSON.parse(execFileSync("python3", ["-c", program, file], { encoding: "utf8" }));
}

test("an archive of texts, files and folders is a ZIP file that others read", async () => {
  deepEqual(contents(await zipOf(code())), [
    ["index.mjs", "export {};\n"],
    ["node_modules/one/a.ts", "export const a = 1;\n"],
    ["room/deep/a.ts", "export const a = 1;\n"],
    ["room/empty.ts", ""],
  ]);
});

test("the same files make the same bytes, and another letter makes others", async () => {
  const first = codeSha256(await zipOf(code()));
  equal(codeSha256(await zipOf(code())), first);
  writeFileSync(path.join(folder, "room/deep/a.ts"), "export const a = 2;\n");
  equal(codeSha256(await zipOf(code())) === first, false);
});

test("an archive from the network is refused", () =>
  rejects(zipOf(archive({ uri: "https://example.com/a.zip" })), /stood in/));
