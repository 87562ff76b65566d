import { Controller, type Watcher } from "./controller.ts";
import { Referee, type Violation } from "./invariants.ts";
import { beginning, day, type Scenario } from "./scenario.ts";
import { World } from "./world.ts";

/** What came of a run. */
export interface RunResult {
  violations: Violation[];
  looks: number;
  /** The share of declared host time with a runner that takes jobs. */
  readyShare: number;
  /** The share of time with as many runners ready as promised. */
  promiseKept: number;
}

/** Runs a scenario from event to event. `onLine` gets a line for each action, for a story. */
export function run(scenario: Scenario, onLine?: (hostName: string, line: string) => void): RunResult {
  const world = new World(scenario);
  const referee = new Referee(world);
  const controller = new Controller(world, onLine ? telling(world, referee, onLine) : referee);
  const endsAt = beginning + scenario.days * day;
  addStrangers(world);
  while (world.now < endsAt && referee.violations.length === 0) {
    world.advance(Math.min(controller.nextLookAt, endsAt));
    if (world.now < controller.awayUntil) continue;
    if (world.now >= controller.nextLookAt) controller.run();
    else if (world.woken) controller.wake();
  }
  const { violations, readySeconds, declaredSeconds, keptSeconds, seconds } = referee;
  return {
    violations,
    looks: controller.looks,
    readyShare: readySeconds / declaredSeconds,
    promiseKept: keptSeconds / seconds,
  };
}

/** Hosts and instances of somebody else in the same account, some with names like ours. */
function addStrangers(world: World): void {
  const common = { zone: "us-east-1a", instanceType: "mac2.metal", clientToken: "" };
  const other = { "mac-runner-fleet:id": "fleet-2", "mac-runner-fleet:pool": "macs" };
  const unmarked = world.addHost({ ...common, tags: { Name: "MacM1-1", PWPoolReady: "true" } });
  world.addMac(unmarked, "theirs-1", "ami-9", { Name: "MacM1-1", PWPoolReady: "true" });
  world.addHost({ ...common, tags: { ...other, Name: "MacM1-2", PWPoolReady: "true" } });
}

function telling(world: World, referee: Referee, onLine: (hostName: string, line: string) => void): Watcher {
  const time = () => new Date(world.now * 1000).toISOString().slice(0, 19);
  return {
    onDecision: (decision, observed, policy) => referee.onDecision(decision, observed, policy),
    onAction: (action) => {
      onLine(action.hostName, `${time()} ${action.kind} ${action.hostName}: ${action.reason}`);
      referee.onAction(action);
    },
  };
}
