import { deepEqual, equal, match } from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeClients } from "../../simulators/providers/aws/clients.ts";
import { live } from "../simulators/providers/aws/life.ts";
import { People, type PeopleStack } from "./pool/people.ts";

let people: People;
let stack: PeopleStack;
before(async () => {
  people = await People.start();
  stack = await people.stack({ controller: "aws" });
});
after(async () => {
  closeClients();
  await people.close();
});

const urn = (type: string, name: string) => `urn:pulumi:s1::mac-runner-fleet::${type}::${name}`;
const file = (kind: string) => join(people.folder, `${kind}-${stack.name}`);

/** What the next `pulumi up` would make: a pool with a table, which a killed run has made already, and a topic. */
async function killedRun(): Promise<void> {
  const tags = stack.mark;
  const attributes = [
    { name: "pk", type: "S" },
    { name: "sk", type: "S" },
  ];
  const name = "killed-run";
  const table = {
    name,
    region: "us-west-2",
    billingMode: "PAY_PER_REQUEST",
    hashKey: "pk",
    rangeKey: "sk",
    attributes,
    tags,
  };
  await live("aws:dynamodb/table:Table", table);
  const pool = urn("mac-runner-fleet:ec2-mac:Pool", "macs");
  const create = (type: string, inputs: object, parent?: string) => {
    const resource = {
      urn: urn(type, inputs === table ? "macs-memory" : "macs"),
      type,
      inputs,
      ...(parent && { parent }),
    };
    return { op: "create", urn: resource.urn, newState: resource };
  };
  const steps = [
    create("mac-runner-fleet:ec2-mac:Pool", {}),
    create("aws:dynamodb/table:Table", table, pool),
    create("aws:sns/topic:Topic", { name: "not-there", region: "us-west-2", tags }, pool),
  ];
  writeFileSync(file("planned"), JSON.stringify({ steps }));
}

test("recover takes over what AWS has and no run recorded, with the pool around it", async () => {
  await killedRun();
  const dry = await stack.type("recover --dry-run");
  equal(dry.exitCode, 0, dry.err);
  match(dry.err, /would take over killed-run, which exists and is not recorded/);
  match(dry.out, /dry run; nothing was changed/);
  equal(existsSync(file("imported")), false);
  const { out, err, exitCode } = await stack.type("recover");
  equal(exitCode, 0, err);
  match(out, /1 unrecorded resources taken over\. Next: pulumi up --stack s1$/);
  deepEqual(JSON.parse(readFileSync(file("imported"), "utf8")), {
    nameTable: {},
    resources: [
      { type: "mac-runner-fleet:ec2-mac:Pool", name: "macs", component: true },
      { type: "aws:dynamodb/table:Table", name: "macs-memory", parent: "macs", id: "killed-run" },
    ],
  });
  match((await stack.type("recover --json")).out, /"importedResources": \[\]/);
});

test("recover removes the lock of a run that is gone, and no other", async () => {
  const lockedBy = (host: string, pid: number) =>
    writeFileSync(
      file("lock"),
      `error: the stack is currently locked by 1 lock(s)\n  file:///x: created by ops@${host} (pid ${pid}) at 2026-01-01T00:00:00Z\n`,
    );
  lockedBy(hostname(), process.pid);
  const going = await stack.type("recover");
  equal(going.exitCode, 1);
  match(going.err, /Stack s1 is in use by ops@?.* \(process \d+\).*\n {2}Wait until that run has ended/);
  lockedBy("another-computer", 7);
  match((await stack.type("recover")).err, /This computer cannot see whether that run has ended\.\n {2}If you know/);
  match((await stack.type("recover --force")).out, /1 locks removed/);
  // The highest process id there is, which is free.
  lockedBy(hostname(), 2 ** 22 - 1);
  match((await stack.type("recover")).out, /1 locks removed/);
});
