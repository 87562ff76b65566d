import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { type Condition, ConditionError } from "../../../model/cirrus/condition.ts";
import { buildkiteDialect } from "../../../model/cirrus/condition-buildkite.ts";
import { githubDialect } from "../../../model/cirrus/condition-github.ts";
import { parseCondition } from "../../../model/cirrus/condition-reader.ts";
import { conditionText } from "../../../model/cirrus/condition-text.ts";
import { leftOver, migrate, oneTask, onlyJob } from "./read.ts";

/** A condition, and what it is elsewhere; undefined where that can't be said. */
type Case = [condition: string, buildkite: string | undefined, github: string | undefined];

const noPull = "build.pull_request.id == null";
const pull = "build.pull_request.id != null";

const cases: Case[] = [
  ["$CIRRUS_BRANCH == 'main'", `(build.branch == "main" && ${noPull})`, "github.ref == 'refs/heads/main'"],
  [`"main" == \${CIRRUS_BRANCH}`, `(build.branch == "main" && ${noPull})`, "github.ref == 'refs/heads/main'"],
  ["$CIRRUS_BRANCH != 'main'", `(build.branch != "main" || ${pull})`, "!(github.ref == 'refs/heads/main')"],
  [
    "$CIRRUS_BRANCH =~ 'release/.*'",
    `(build.branch =~ /^(release\\/.*)$/ && ${noPull})`,
    "startsWith(github.ref, 'refs/heads/release/')",
  ],
  [
    "$CIRRUS_BRANCH !=~ '^(main|.*-stable)$'",
    `(build.branch !~ /^((main|.*-stable))$/ || ${pull})`,
    "!((github.ref == 'refs/heads/main' || startsWith(github.ref, 'refs/heads/') && endsWith(github.ref, '-stable')))",
  ],
  ["$CIRRUS_BRANCH =~ 'v[0-9]+'", `(build.branch =~ /^(v[0-9]+)$/ && ${noPull})`, undefined],
  ["$CIRRUS_BRANCH =~ 'pull/.*'", pull, "github.event_name == 'pull_request'"],
  ["$CIRRUS_BRANCH !=~ '^pull/\\d+$'", noPull, "!(github.event_name == 'pull_request')"],
  ["$CIRRUS_PR == ''", noPull, "github.event_name != 'pull_request'"],
  ['$CIRRUS_PR != ""', pull, "!(github.event_name != 'pull_request')"],
  ["$CIRRUS_TAG != ''", "build.tag != null", "!(github.ref_type != 'tag')"],
  ["$CIRRUS_TAG == 'v1.0'", 'build.tag == "v1.0"', "github.ref == 'refs/tags/v1.0'"],
  ["$CIRRUS_TAG =~ 'v.*'", "build.tag =~ /^(v.*)$/", "startsWith(github.ref, 'refs/tags/v')"],
  ["$CIRRUS_CRON != ''", 'build.source == "schedule"', "!(github.event_name != 'schedule')"],
  ["$CIRRUS_CRON == 'nightly'", undefined, undefined],
  ["$CIRRUS_PR_DRAFT", "build.pull_request.draft", "github.event.pull_request.draft == true"],
  [
    "$CIRRUS_PR_LABELS =~ '.*full-ci.*'",
    'build.pull_request.labels includes "full-ci"',
    "contains(github.event.pull_request.labels.*.name, 'full-ci')",
  ],
  [
    "$CIRRUS_CHANGE_MESSAGE =~ '.*\\[it''s\\].*'".replace("''", "\\'"),
    "build.message =~ /^(.*\\[it\\'s\\].*)$/",
    "contains(github.event.head_commit.message, '[it''s]')",
  ],
  ["$CIRRUS_CHANGE_TITLE =~ 'Release.*'", undefined, "startsWith(github.event.head_commit.message, 'Release')"],
  ["$CIRRUS_CHANGE_TITLE =~ '.*release.*'", undefined, undefined],
  ["$CIRRUS_REPO_OWNER == 'example-org'", undefined, "github.repository_owner == 'example-org'"],
  ["$CIRRUS_BASE_BRANCH == 'main'", 'build.pull_request.base_branch == "main"', "github.base_ref == 'main'"],
  ["$CIRRUS_USER_PERMISSION == 'admin'", undefined, undefined],
  [
    "($CIRRUS_PR == '' || $CIRRUS_TAG != '') && !$CIRRUS_PR_DRAFT",
    `(${noPull} || build.tag != null) && !(build.pull_request.draft)`,
    "(github.event_name != 'pull_request' || !(github.ref_type != 'tag')) && !(github.event.pull_request.draft == true)",
  ],
  ["$SCHEME == 'App' && $CIRRUS_PR == ''", noPull, "github.event_name != 'pull_request'"],
  ["$SCHEME =~ 'A.*' || $CIRRUS_PR == ''", "true", "true"],
  ["false", "false", "false"],
  ["changesInclude('a') || $CIRRUS_TAG != ''", undefined, undefined],
];

const scheme = new Map([["SCHEME", "App"]]);

for (const [text, buildkite, github] of cases)
  test(`condition ${text}`, () => {
    const condition = parseCondition(text, scheme);
    deepEqual([said(condition, "buildkite"), said(condition, "github")], [buildkite, github]);
  });

function said(condition: Condition, ci: "buildkite" | "github"): string | undefined {
  const text = conditionText(condition, ci === "buildkite" ? buildkiteDialect : githubDialect);
  return "text" in text ? text.text : undefined;
}

const unreadable: [text: string, why: RegExp][] = [
  ["$CIRRUS_BRANCH ==", /ends too early/],
  ["== 'main'", /where a value should be/],
  ["($CIRRUS_BRANCH == 'a'", /ends too early/],
  ["$CIRRUS_BRANCH == 'a' 'b'", /after its end/],
  ["$CIRRUS_BRANCH = 'a'", /cannot be read/],
  ["contains('a')", /no function `contains`/],
  ["changesInclude('a' 'b')", /`'b'` where `,`/],
  ["$SCHEME =~ '('", /not a regular expression/],
];

for (const [text, why] of unreadable)
  test(`the condition ${text} is refused`, () => {
    try {
      parseCondition(text, scheme);
    } catch (error) {
      match(error instanceof ConditionError ? error.message : String(error), why);
      return;
    }
    throw new Error("it was read");
  });

const changes: [fields: string[], rules: object][] = [
  [["only_if: changesInclude('src/**', '*.swift')"], { if_changed: ["src/**", "*.swift"] }],
  [[`skip: "!changesInclude('src/**')"`], { if_changed: ["src/**"] }],
  [["skip: !changesInclude('src/**')"], { if_changed: ["src/**"] }],
  [["skip: changesIncludeOnly('docs/**')"], { if_changed: { include: "**", exclude: ["docs/**"] } }],
  [["only_if: $CIRRUS_PR != ''", "skip: \"!changesInclude('src/**')\""], { if: pull, if_changed: ["src/**"] }],
  [["skip: changesInclude('docs/**')"], { skip: "Its condition is still to be written" }],
];

for (const [fields, rules] of changes)
  test(`Buildkite: ${fields.join(", ")}`, () => {
    const { if: when, if_changed, skip } = onlyJob(migrate(oneTask(...fields)));
    deepEqual(JSON.parse(JSON.stringify({ if: when, if_changed, skip })), rules);
  });

test("a task whose condition can't be said does not run by itself, and that is said", () => {
  const text = oneTask("only_if: $CIRRUS_USER_PERMISSION == 'admin'");
  equal(onlyJob(migrate(text)).skip, "Its condition is still to be written");
  const github = migrate(text, { ci: "github" });
  equal(onlyJob(github).if, `\${{ github.event_name == 'workflow_dispatch' }}`);
  equal(leftOver(github).includes("only_if, skip"), true);
});
