import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { oncePer } from "../../../model/ec2-mac/once.ts";

test("each thing is looked at once, however often it is asked about", () => {
  const asked: (readonly number[])[] = [];
  const doubled = oncePer((numbers: readonly number[]) => {
    asked.push(numbers);
    return numbers.map((number) => number * 2);
  });
  const [first, second] = [[1], [1]];
  deepEqual([doubled(first), doubled(second)], [[2], [2]]);
  equal(doubled(first), doubled(first));
  deepEqual(asked, [first, second]);
});
