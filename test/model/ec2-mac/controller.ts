import { decide } from "../../../model/ec2-mac/decide.ts";
import { learn } from "../../../model/ec2-mac/learn.ts";
import { emptyMemory, intend, record } from "../../../model/ec2-mac/memory.ts";
import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import type { Action, Decision, Instant, Observed, Outcome, PoolMemory } from "../../../model/ec2-mac/types.ts";
import { act, look } from "./aws.ts";
import { minute } from "./scenario.ts";
import type { World } from "./world.ts";

const oneLookSeconds = 3 * minute;

/** Who watches over the controller's shoulder. */
export interface Watcher {
  onDecision(decision: Decision, observed: Observed, policy: PoolPolicy, isLagging: boolean): void;
  /** Just before AWS gets it. */
  onAction(action: Action): void;
}

/** A controller as the real one is, but for the I/O: observe, decide, act, record. It may die between any two steps. */
export class Controller {
  memory: PoolMemory = emptyMemory;
  nextLookAt: Instant;
  /** Until then it is dead and hears nothing. */
  awayUntil: Instant = 0;
  looks = 0;
  #lookedAt: Instant = 0;
  readonly #world: World;
  readonly #watcher: Watcher;

  constructor(world: World, watcher: Watcher) {
    this.#world = world;
    this.#watcher = watcher;
    this.nextLookAt = world.now;
  }

  /** An event came. Several in a row lead to one look. */
  wake(): void {
    this.nextLookAt = Math.min(this.nextLookAt, Math.max(this.#world.now, this.#lookedAt + oneLookSeconds));
  }

  /** Looks once and does what is to be done. */
  run(): void {
    const { faults, scenario, now } = this.#world;
    this.looks++;
    this.#lookedAt = now;
    if (this.#chance(faults.lookFails)) {
      this.nextLookAt = now + 2 * minute;
      return;
    }
    const policy = {
      ...scenario.policy,
      hosts: this.#world.declared,
      floor: this.#floor(),
      promisedReady: this.#promise(),
    };
    const lags = [this.#lag(), this.#lag()] as const;
    const seen = look(this.#world, lags, !this.#chance(faults.ciFails), this.memory);
    const clock = Math.round(now + scenario.clockSkewSeconds);
    const observed: Observed = { ...seen, memory: this.memory, forceStart: false };
    this.memory = learn(observed, policy, clock);
    const decision = decide({ ...observed, memory: this.memory }, policy, clock);
    this.#watcher.onDecision(decision, observed, policy, lags[0] + lags[1] > 0);
    this.nextLookAt = decision.lookAgainAt - scenario.clockSkewSeconds;
    this.#actOn(decision.actions);
  }

  #actOn(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.kind === "wait") continue;
      if (this.#dies()) return;
      this.memory = intend(this.memory, action, this.#clock());
      if (this.#dies()) return;
      const outcome = this.#try(action);
      if (this.#dies()) return;
      this.memory = record(this.memory, action, outcome, this.#clock());
    }
  }

  #try(action: Action): Outcome {
    const { faults } = this.#world;
    this.#world.pass(this.#world.draw(0.2, 3));
    if (this.#chance(faults.actionFails)) return { result: "unknown", text: "RequestLimitExceeded" };
    this.#watcher.onAction(action);
    const outcome = act(this.#world, action);
    return this.#chance(faults.answerLost) ? { result: "unknown", text: "socket hang up" } : outcome;
  }

  #dies(): boolean {
    const { faults, now, draw } = this.#world;
    if (!this.#chance(faults.crash)) return false;
    if (this.#chance(faults.forgets)) this.memory = emptyMemory;
    const isLong = this.#chance(0.05);
    this.awayUntil = now + (isLong ? draw(0, faults.outageSeconds) : draw(0, 10 * minute));
    this.nextLookAt = this.awayUntil;
    return true;
  }

  #clock(): Instant {
    return Math.round(this.#world.now + this.#world.scenario.clockSkewSeconds);
  }

  #lag(): number {
    const { faults, draw } = this.#world;
    return faults.lagSeconds > 0 && this.#chance(0.3) ? draw(0, faults.lagSeconds) : 0;
  }

  #floor(): number {
    return Math.min(this.#world.scenario.policy.floor, this.#world.declared.length);
  }

  #promise(): number {
    return Math.min(this.#world.scenario.policy.promisedReady, this.#world.declared.length);
  }

  #chance(share: number): boolean {
    return share > 0 && this.#world.draw(0, 1) < share;
  }
}
