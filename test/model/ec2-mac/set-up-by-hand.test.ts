import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { setUpsByHand } from "../../../model/ec2-mac/set-up-by-hand.ts";
import type { Place, Stage, View } from "../../../model/ec2-mac/view.ts";

function place(name: string, stage: Stage, role: Place["role"] = "declared"): Place {
  const occupied = { instance: { instanceId: `i-${name}` }, life: { bornBy: "launch" } };
  return { host: { name, hostId: `h-${name}` }, role, stage, occupied } as unknown as Place;
}

const places = [
  place("a", "booted"),
  place("b", "setting-up"),
  place("c", "ready"),
  place("d", "booted", "removed"),
  place("e", "setting-up", "removed"),
];
const view = { places } as unknown as View;
const names = (host: string | undefined, forced: boolean) =>
  setUpsByHand(view, host, forced).map(({ hostName }) => hostName);

test("what has booted is set up; by force also what has begun; never what is on its way out", () => {
  deepEqual(names(undefined, false), ["a"]);
  deepEqual(names(undefined, true), ["a", "b"]);
  deepEqual(names("h-b", true), ["b"]);
});

test("a named host that cannot be set up is told with what it is", () => {
  throws(() => names("b", false), /b cannot be set up: it is setting-up\.\n {2}Add --force/);
  throws(() => names("c", true), /c cannot be set up: it is ready\.$/);
  throws(() => names("z", true), /z: the pool has no such host/);
});
