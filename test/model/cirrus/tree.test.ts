import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { slug, uniqueSlugs } from "../../../model/cirrus/naming.ts";
import { expand, variablesIn } from "../../../model/cirrus/variables.ts";
import { parseMemoryGb } from "../../../model/cirrus/worker.ts";
import { leftOver, migrate, oneTask, onlyJob } from "./read.ts";

function labelsOf(text: string): string[] {
  return migrate(text).tasks.map(({ label }) => label);
}

test("two matrices in a task make each combination, in the order of the file", () => {
  const text = oneTask("name: $A$B", "env:", "  matrix: { A: x, A: y }", "  matrix: { B: p, B: q }");
  deepEqual(labelsOf(text), ["xp", "xq", "yp", "yq"]);
});

test("a matrix of maps replaces itself by all of a map's entries", () => {
  const text = oneTask("matrix:", "  - { name: one, timeout_in: 5 }", "  - name: two");
  deepEqual(labelsOf(text), ["one", "two"]);
  equal(onlyJob(migrate(text)).timeout_in_minutes, 5);
});

test("a matrix inside of one entry of another makes tasks of that entry only, in its place", () => {
  const text = oneTask("matrix:", "  - name: one-$A", "    env: { matrix: [{ A: x }, { A: y }] }", "  - name: two");
  deepEqual(labelsOf(text), ["one-x", "one-y", "two"]);
});

const refused: [name: string, text: string, why: RegExp][] = [
  ["nothing", "", /line 1: it is empty/],
  ["a list", "- a\n", /line 1: a .cirrus.yml is a map/],
  ["no task", "env: { A: 1 }\n", /there is no task in it/],
  ["nowhere to run", "test_task:\n  script: make\n", /line 1: test_task does not say where to run/],
  ["a matrix of texts", oneTask("matrix: [a, b]"), /line 3: each entry of a matrix must be a map/],
  ["a task that is no map", "persistent_worker: {}\ntask: make\n", /line 2: task must be a map/],
  ["a dependency that is no task", oneTask("depends_on: nobody"), /test depends on nobody, which is no task/],
  ["a template that is none", "task: { <<: *mac }\n", /line 1: there is no template &mac/],
  ["a template that is a text", "a: &a text\ntask:\n  <<: *a\n", /line 3: `<<` needs a template/],
  ["a template in itself", "task: &a\n  env: *a\n", /a template contains itself/],
  ["no YAML", "task: [\n", /this is not YAML/],
  ["a condition without quotes", oneTask("skip: !changesInclude('a', 'b')"), /needs quotes/],
  [
    "a matrix without end",
    oneTask("env:", ...Array.from({ length: 10 }, (_, n) => `  matrix: [{ V${n}: 1 }, { V${n}: 2 }]`)),
    /more than 500 tasks/,
  ],
  [
    "aliases of aliases",
    [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefgh".split("").map((key, n) => `${key}: &${key} [${`*${"abcdefg"[n]},`.repeat(9)}]`),
    ].join("\n"),
    /more than 50000 values/,
  ],
];

for (const [name, text, why] of refused) test(`refused: ${name}`, () => throws(() => migrate(text), why));

const environments: [name: string, text: string, env: Record<string, string>][] = [
  ["the task wins over the top", `env: { A: top, B: top }\n${oneTask("env: { A: task }")}`, { A: "task", B: "top" }],
  ["a list of maps is one map", oneTask("environment: [{ A: 1 }, { B: 2 }]"), { A: "1", B: "2" }],
  [
    "values are texts as they stand",
    oneTask("env: { A: 1.10, B: on, C: 0x10, D: null }"),
    { A: "1.10", B: "on", C: "0x10", D: "" },
  ],
  ["known variables are put in", oneTask(`env: { A: x, B: $A/y, C: '\${B}/z' }`), { A: "x", B: "x/y", C: "x/y/z" }],
];

for (const [name, text, env] of environments) test(`env: ${name}`, () => deepEqual(onlyJob(migrate(text)).env, env));

const memory: [text: string, gb: number | undefined][] = [
  ["12", 12],
  ["99", 99],
  ["100", 1],
  ["8192", 8],
  ["8193M", 9],
  ["16G", 16],
  ["16gb", 16],
  ["16Gi", 16],
  ["2048mb", 2],
  ["lots", undefined],
  ["12T", undefined],
];

for (const [text, gb] of memory) test(`memory: ${text}`, () => equal(parseMemoryGb(text), gb));

const times: [text: string, minutes: number][] = [
  ["90", 90],
  ["90m", 90],
  ["1h30m", 90],
  ["2h", 120],
  ["45s", 1],
  ["soon", 60],
];

for (const [text, minutes] of times)
  test(`timeout_in: ${text}`, () => {
    const migration = migrate(oneTask(`timeout_in: ${text}`));
    equal(onlyJob(migration).timeout_in_minutes, minutes);
    equal(leftOver(migration).includes("timeout_in"), text === "soon");
  });

test("variables are whole names, and one that names itself ends", () => {
  const variables = new Map([
    ["CIRRUS", "c"],
    ["A", "$A"],
    ["LOOP", "x$LOOP"],
  ]);
  equal(expand(`$CIRRUS_BRANCH \${CIRRUS} %CIRRUS% $A`, variables), "$CIRRUS_BRANCH c c $A");
  equal(expand("$LOOP", variables), `${"x".repeat(10)}$LOOP`);
  deepEqual([...variablesIn(`a $B \${C:-d} $1 $(e)`)], ["B", "C"]);
});

test("names", () => {
  equal(slug("Tests (macOS 15)", 30), "tests-macos-15");
  equal(slug("1/3", 30), "task");
  deepEqual(uniqueSlugs(["a!", "a?", "a-2"], 30), ["a", "a-2", "a-2-2"]);
});

const leftByField: [field: string, what: string[]][] = [
  ["stateful: true", []],
  ["trigger_type: manual", []],
  ["allow_failures: true", []],
  ["allow_failures: $CIRRUS_PR != ''", ["allow_failures"]],
  ["auto_cancellation: false", ["auto_cancellation"]],
  ["required_pr_labels: ready", ["required_pr_labels"]],
  ["execution_lock: deploy-$CIRRUS_BRANCH", []],
  ["execution_lock: $CIRRUS_PR", ["execution_lock"]],
  ["no_such_field: 1", ["no_such_field"]],
];

for (const [field, what] of leftByField)
  test(`a task with ${field}`, () => {
    const usual = ["pools.macos-sequoia-base.hosts", "tart.image"];
    deepEqual(
      leftOver(migrate(oneTask(field))).filter((left) => !usual.includes(left)),
      what,
    );
  });
