import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { declaredHosts, leavingHost, type OwnedHost, unwanted } from "../../../model/plan/host-owners.ts";

const planned = [
  { name: "mac-1", standing: true },
  { name: "mac-2", standing: true },
  { name: "mac-3", standing: false },
];

/** `mac-1 available` is the program's, `mac-1 available!` the controller's. */
function seen(...hosts: string[]): OwnedHost[] {
  return hosts.map((text) => {
    const [name = "", state = ""] = text.replace("!", "").split(" ");
    const tags: Record<string, string> = text.endsWith("!") ? { "mac-runner-fleet:made-by": "controller" } : {};
    return { name, state, tags };
  });
}

describe("what the program declares", () => {
  const cases: { name: string; hosts: string[]; expect: string[] }[] = [
    { name: "all that the pool always has, where there is nothing", hosts: [], expect: ["mac-1", "mac-2"] },
    { name: "what it made", hosts: ["mac-1 available", "mac-2 pending"], expect: ["mac-1", "mac-2"] },
    { name: "nothing that the controller made for demand", hosts: ["mac-3 available!"], expect: ["mac-1", "mac-2"] },
    { name: "no name that a host of the controller has", hosts: ["mac-1 available!"], expect: ["mac-2"] },
    { name: "not even one that scrubs", hosts: ["mac-1 pending!"], expect: ["mac-2"] },
    {
      name: "none whose host failed and was replaced",
      hosts: ["mac-1 permanent-failure", "mac-1 available!"],
      expect: ["mac-2"],
    },
    {
      name: "nor one whose replacement has failed as well: the controller replaces that too",
      hosts: ["mac-1 permanent-failure!"],
      expect: ["mac-2"],
    },
    {
      name: "one that failed and was not replaced yet",
      hosts: ["mac-1 permanent-failure"],
      expect: ["mac-1", "mac-2"],
    },
    { name: "one that works beside a twin", hosts: ["mac-1 pending", "mac-1 available!"], expect: ["mac-1", "mac-2"] },
    { name: "one whose host the controller gave back", hosts: ["mac-1 released!"], expect: ["mac-1", "mac-2"] },
    {
      name: "one whose host AWS took for its failure",
      hosts: ["mac-1 released-permanent-failure!"],
      expect: ["mac-1", "mac-2"],
    },
  ];
  for (const { name, hosts, expect } of cases)
    test(name, () => {
      const declared = declaredHosts(planned, seen(...hosts)).map((host) => host.name);
      deepEqual(declared, expect);
    });
});

describe("a host that leaves what is declared", () => {
  const cases: { name: string; host: string; others?: string[]; expect: "give-back" | "hand-over" }[] = [
    { name: "is the controller's while the pool may have its name", host: "mac-3 available", expect: "hand-over" },
    { name: "also while it scrubs", host: "mac-3 pending", expect: "hand-over" },
    { name: "is given back when its name is gone", host: "mac-4 available", expect: "give-back" },
    { name: "is given back when it has failed", host: "mac-1 permanent-failure", expect: "give-back" },
    {
      name: "is given back when the controller has another",
      host: "mac-1 available",
      others: ["mac-1 available!"],
      expect: "give-back",
    },
    {
      name: "is given back when the program has declared another in its place",
      host: "mac-1 available",
      others: ["mac-1 pending"],
      expect: "give-back",
    },
    {
      name: "is not held back by one that has failed",
      host: "mac-1 available",
      others: ["mac-1 permanent-failure"],
      expect: "hand-over",
    },
    {
      name: "is not held back by one that is gone",
      host: "mac-1 available",
      others: ["mac-1 released!"],
      expect: "hand-over",
    },
  ];
  const names = new Set(planned.map(({ name }) => name));
  for (const { name, host, others = [], expect } of cases)
    test(name, () => {
      const [first, ...rest] = seen(host, ...others) as [OwnedHost, ...OwnedHost[]];
      equal(leavingHost(first, [first, ...rest], names), expect);
    });
});

test("what the controller has beyond the pool's names is unwanted, and nothing of the program's is", () => {
  const hosts = seen("mac-1 available!", "mac-9 available!", "mac-8 available", "mac-7 released!");
  deepEqual(
    unwanted(hosts, new Set(["mac-1"])).map(({ name }) => name),
    ["mac-9"],
  );
});
