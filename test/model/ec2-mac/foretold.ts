import { outlook } from "../../../model/ec2-mac/outlook.ts";
import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import type { Instant, Observed } from "../../../model/ec2-mac/types.ts";
import { viewOf } from "../../../model/ec2-mac/view.ts";
import { readyNames } from "./aws.ts";
import { Controller } from "./controller.ts";
import { beginning, day, hour, minute, type Scenario } from "./scenario.ts";
import { World } from "./world.ts";

/** What an outlook said of the day after it, and what came. */
export interface Foretold {
  at: Instant;
  fewest: number;
  seen: number;
  readyByHour: number[];
  seenByHour: number[];
}

const hours = 24;

/** The fewest ready runners of each day, foretold every hour and seen. */
export function foretold(scenario: Scenario): Foretold[] {
  const world = new World(scenario);
  const endsAt = beginning + scenario.days * day;
  const said: { at: Instant; readyByHour: number[] }[] = [];
  const ready: { at: Instant; count: number }[] = [];
  const controller = new Controller(world, {
    onAction: () => {},
    onDecision: (_decision, observed: Observed, policy: PoolPolicy) => {
      if (world.now < (said.at(-1)?.at ?? 0) + hour) return;
      const view = viewOf({ ...observed, memory: controller.memory }, policy, world.now);
      said.push({ at: world.now, readyByHour: outlook(view).readyByHour });
    },
  });
  while (world.now < endsAt) {
    world.advance(Math.min(controller.nextLookAt, world.now + 5 * minute, endsAt));
    if (world.now >= controller.nextLookAt) controller.run();
    else if (world.woken) controller.wake();
    ready.push({ at: world.now, count: readyNames(world).size });
  }
  return said.filter(({ at }) => at + day <= endsAt).map((one) => compared(one, ready));
}

function compared({ at, readyByHour }: Pick<Foretold, "at" | "readyByHour">, ready: { at: Instant; count: number }[]) {
  const seenByHour = Array.from({ length: hours }, () => Number.POSITIVE_INFINITY);
  for (const { at: seenAt, count } of ready) {
    const index = Math.floor((seenAt - at) / hour);
    if (seenAt > at && index < hours) seenByHour[index] = Math.min(seenByHour[index] as number, count);
  }
  return { at, fewest: Math.min(...readyByHour), seen: Math.min(...seenByHour), readyByHour, seenByHour };
}
