import { equal, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { formatProblems, parseSettings } from "../../../model/settings.ts";
import { readFile } from "./read.ts";

/** Each wrong stack file has what `fleet check` says about it beside it. UPDATE_SNAPSHOTS=1 writes that anew, for review. */
const folder = new URL("bad/", import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));

function messageAbout(file: string): string {
  const parsed = parseSettings(readFile(new URL(file, folder)));
  return parsed.ok ? "No mistake.\n" : `${formatProblems(parsed.problems, file)}\n`;
}

describe("a wrong stack file says what is wrong", () => {
  for (const file of files) {
    test(file, () => {
      const snapshot = new URL(file.replace(/yaml$/, "txt"), folder);
      const message = messageAbout(file);
      if (process.env.UPDATE_SNAPSHOTS === "1") writeFileSync(snapshot, message);
      ok(message !== "No mistake.\n", "the file has a mistake that nothing finds");
      equal(message, existsSync(snapshot) ? readFileSync(snapshot, "utf8") : "");
    });
  }
});

test("every message belongs to a file", () => {
  const orphans = readdirSync(folder).filter(
    (file) => file.endsWith(".txt") && !files.includes(file.replace(/txt$/, "yaml")),
  );
  equal(orphans.join(), "");
});

test("no message repeats a secret", () => {
  const secrets = /ghp_|AKIA|BEGIN|hooks\.slack|bkua_|not-encrypted/;
  for (const file of files.filter((name) => name.includes("secret"))) ok(!secrets.test(messageAbout(file)), file);
});
