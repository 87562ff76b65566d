import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { deployRights, hostsPolicy, previewPolicy, servicesPolicy } from "../../../model/plan/deploy-permissions.ts";
import { actPolicy, leasesPolicy, lookPolicy, runPolicy, shellPolicy } from "../../../model/plan/people-permissions.ts";
import type { PolicyDocument } from "../../../model/plan/policy-document.ts";
import { readRepositoryFile, repositoryFiles } from "../../support/files.ts";

/** `ec2/dedicatedHost.js` of `@pulumi/aws` is `aws:ec2/dedicatedHost:DedicatedHost`; a function keeps its small letter. */
function typeOf(module: string): string {
  const name = module.split("/").at(-1) ?? "";
  return `aws:${module}:${name.startsWith("get") ? name : name[0]?.toUpperCase() + name.slice(1)}`;
}

test("each type of AWS that the program declares has its rights, and no other", () => {
  const sources = ["index.ts", ...repositoryFiles().filter((file) => /^components\/.*\.ts$/.test(file))];
  const imported = sources.flatMap((file) => [
    ...readRepositoryFile(file).matchAll(/^import (?!type)[^;]* from "@pulumi\/aws\/([\w/]+)\.js"/gm),
  ]);
  const types = new Set(imported.map(([, module = ""]) => typeOf(module)));
  ok(types.size > 20);
  deepEqual(Object.keys(deployRights).toSorted(), [...types].toSorted());
});

const to = { region: "us-west-2", account: "123456789012", name: "ci-macs-production" };
const documents: Record<string, PolicyDocument> = {
  look: lookPolicy(to),
  act: actPolicy(to),
  run: runPolicy(to),
  leases: leasesPolicy(to),
  shell: shellPolicy(to),
  preview: previewPolicy(to),
  hosts: hostsPolicy(to),
  services: servicesPolicy(to),
};

/** IAM's limit for a managed policy, white space not counted; the longest names of a fleet have room too. */
const mostCharacters = 6144 - 500;
const onlyLooks = /:(Describe|Get|List)/;
/** What a launch or a new volume takes besides what is the stack's, and what tells by a condition that it is. */
const anybodys = ["LaunchWith", "RenewWith", "Firewall2"];

for (const [name, { Statement }] of Object.entries(documents))
  describe(`the document ${name}`, () => {
    test("fits, and calls each statement by a name of its own", () => {
      ok(JSON.stringify(Statement).length < mostCharacters);
      equal(new Set(Statement.map(({ Sid }) => Sid)).size, Statement.length);
    });

    test("grants no kinds of actions, and over everything only looks", () => {
      for (const { Sid, Action, Resource } of Statement) {
        ok(!Action.some((action) => action.includes("*")), Sid);
        if (Resource === "*")
          ok(
            Action.every((action) => onlyLooks.test(action)),
            Sid,
          );
      }
    });

    test("changes only what is the stack's, by its name or by its mark", () => {
      for (const { Sid, Action, Resource, Condition } of Statement) {
        if (Action.every((action) => onlyLooks.test(action)) || anybodys.includes(Sid)) continue;
        const resources = [Resource].flat();
        const isNamed = resources.every((arn) => /ci-macs-production-|mac-runner-fleet-leases|aws:userid/.test(arn));
        const isMarked = /ci-macs-production-\?{8}|ec2:CreateAction/.test(JSON.stringify(Condition ?? {}));
        const isDocument = resources.every((arn) => arn.includes(":document/"));
        ok(isNamed || isMarked || isDocument, Sid);
      }
    });
  });
