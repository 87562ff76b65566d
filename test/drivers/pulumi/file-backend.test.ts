import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { mendFileBackend } from "../../../drivers/pulumi/file-backend.ts";

let root: string;
const at = (...parts: string[]) => path.join(root, ".pulumi", ...parts);

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "state of things-"));
  mkdirSync(at("stacks/fleet"), { recursive: true });
  mkdirSync(at("locks/organization/fleet/staging"), { recursive: true });
  for (const stack of ["staging", "production"]) {
    writeFileSync(at(`stacks/fleet/${stack}.json`), "{}");
    writeFileSync(at(`stacks/fleet/${stack}.json.attrs`), '{"user.content_type":"text/plain"}');
  }
});
afterEach(() => rmSync(root, { recursive: true }));

const url = () => `file://${encodeURI(root)}`;

test("attributes that were cut off go, of the state, its backup and its locks", () => {
  const broken = ["stacks/fleet/staging.json.attrs", "stacks/fleet/staging.json.bak.attrs"].map((file) => at(file));
  broken.push(at("locks/organization/fleet/staging/1.json.attrs"));
  for (const [index, file] of broken.entries()) writeFileSync(file, ["", '{"user.con', "{"][index] ?? "");
  assert.deepEqual(mendFileBackend(url(), "fleet", "staging", false), broken);
  assert.deepEqual(broken.filter(existsSync), []);
  assert.ok(existsSync(at("stacks/fleet/staging.json")));
});

test("whole ones stay, and so does another stack's", () => {
  writeFileSync(at("stacks/fleet/production.json.attrs"), "");
  assert.deepEqual(mendFileBackend(url(), "fleet", "staging", false), []);
  assert.ok(existsSync(at("stacks/fleet/staging.json.attrs")));
  assert.ok(existsSync(at("stacks/fleet/production.json.attrs")));
});

test("a dry run tells and leaves", () => {
  writeFileSync(at("stacks/fleet/staging.json.attrs"), "");
  assert.equal(mendFileBackend(url(), "fleet", "staging", true).length, 1);
  assert.ok(existsSync(at("stacks/fleet/staging.json.attrs")));
});

for (const other of ["s3://bucket?region=us-east-1", "https://pulumi.example.com", "file:///nowhere/at/all"])
  test(`nothing is done about ${other}`, () => assert.deepEqual(mendFileBackend(other, "fleet", "staging", false), []));
