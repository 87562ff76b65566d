import { equal } from "node:assert/strict";
import { test } from "node:test";
import { hasEarlierSetUp, setUpScriptTag } from "../../../model/ec2-mac/policy.ts";

const newest = "ab".repeat(32);

for (const [what, tags, setUpScript, expected] of [
  ["set up by the newest script", { [setUpScriptTag]: newest }, newest, false],
  ["by another one", { [setUpScriptTag]: "cd".repeat(32) }, newest, true],
  ["by one that nobody knows", {}, newest, true],
  ["where the newest is not known", { [setUpScriptTag]: newest }, undefined, false],
] as const)
  test(`a Mac ${what} ${expected ? "has an earlier set-up" : "is up to date"}`, () => {
    equal(hasEarlierSetUp({ tags }, setUpScript ? { setUpScript } : {}), expected);
  });
