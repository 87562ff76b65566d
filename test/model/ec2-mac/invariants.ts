import type { PoolPolicy } from "../../../model/ec2-mac/policy.ts";
import type { Action, Decision, Instant, Observed, SeenInstance, Tags } from "../../../model/ec2-mac/types.ts";
import { readyNames } from "./aws.ts";
import type { Watcher } from "./controller.ts";
import { isBusy, isReady, type Mac } from "./mac.ts";
import { day, hour, mark, noFaults } from "./scenario.ts";
import { hostStateOf, isReplacing, type World, type WorldHost } from "./world.ts";

/** A host whose life has just ended badly has its breaker's pause, a scrub and its turn in the stagger before it. */
const worksAgainSeconds = 24 * hour;
/** A removed host's grace for the last job, the end of its instance and a controller that looks now and then. */
const drainedSeconds = 4 * hour;
const releaseSlackSeconds = 3 * hour;

/** A rule that was broken. */
export interface Violation {
  rule: string;
  at: Instant;
  /** The host that it is about. */
  hostName: string;
  what: string;
}

/** Watches a run and notes each broken rule. */
export class Referee implements Watcher {
  readonly violations: Violation[] = [];
  /** Seconds that each host was declared, and that it was ready; sampled at each look. */
  declaredSeconds = 0;
  readySeconds = 0;
  /** Seconds of the run, and those with as many runners ready as promised. */
  seconds = 0;
  keptSeconds = 0;
  /** When each declared name was last seen ready. */
  readonly #readyAt = new Map<string, Instant>();
  #sampledAt: Instant;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.#sampledAt = world.now;
    world.onEnd = (host, mac) => this.#checkLife(host, mac);
    world.onCalmOver = () => this.#sample();
  }

  onDecision(decision: Decision, observed: Observed, policy: PoolPolicy): void {
    this.#sample();
    this.#checkFloor(decision, observed, policy);
    this.#checkOneActionEach(decision);
    const skew = Math.abs(this.#world.scenario.clockSkewSeconds) + 1;
    if (!(decision.lookAgainAt > this.#world.now - skew)) this.#note("looks again", "", "the next look is in the past");
  }

  onAction(action: Action): void {
    this.#checkOwnership(action);
    const host = this.#world.hosts.find((each) => "hostId" in action && each.hostId === action.hostId);
    if (!host) return;
    if (action.kind === "launch") this.#checkLaunch(host, action);
    if (action.kind === "release") this.#checkRelease(host);
    if (action.kind === "terminate" || action.kind === "replace-root-volume") this.#checkEnd(host, action);
  }

  /** Never two instances on a host. AWS would refuse; the pool must not even try with another token. */
  #checkLaunch(host: WorldHost, { clientToken }: Extract<Action, { kind: "launch" }>): void {
    const occupant = this.#world.occupant(host);
    if (occupant && occupant.clientToken !== clientToken && occupant.endingFrom > this.#world.now)
      this.#note("one instance on a host", host.tags.Name, `a second launch beside ${occupant.instanceId}`);
  }

  /** Never a release before 24 hours or while occupied. */
  #checkRelease(host: WorldHost): void {
    if (this.#world.now < host.allocatedAt + day)
      this.#note(
        "no release before 24 h",
        host.tags.Name,
        `it is ${(this.#world.now - host.allocatedAt) / hour} h old`,
      );
    const occupant = this.#world.occupant(host);
    if (occupant) this.#note("no release while occupied", host.tags.Name, `${occupant.instanceId} is on it`);
  }

  /**
   * Never a job cut off by a decision, but by a limit of age, the end of its grace or the end of its host; and no new volume
   * under a runner that takes jobs.
   */
  #checkEnd(host: WorldHost, { kind, reason }: Action): void {
    const { mac, tags } = host;
    const { now, scenario } = this.#world;
    const { policy, clockSkewSeconds } = scenario;
    const later = now + Math.abs(clockSkewSeconds);
    if (!mac || mac.endingFrom <= now || later >= mac.drainAskedAt + policy.graceSeconds) return;
    if (kind === "replace-root-volume" && isReady(mac, now))
      this.#note("drained before it is renewed", tags.Name, "its runner still takes jobs");
    if (!isBusy(mac, now) || hostStateOf(host, now) !== "available") return;
    const isOld =
      later >= mac.bornAt + policy.hardLifeSeconds || later >= mac.launchedAt + policy.fullScrubEverySeconds;
    if (!isOld) this.#note("no job is cut off", tags.Name, reason);
  }

  /** Never a foreign machine touched. */
  #checkOwnership(action: Action): void {
    if (!("hostId" in action)) return;
    const host = this.#world.hosts.find(({ hostId }) => hostId === action.hostId);
    const mac = "instanceId" in action ? host?.mac : undefined;
    for (const thing of [host, mac])
      if (thing && !isOurs(thing))
        this.#note("nothing foreign is touched", host?.tags.Name, `${action.kind}: ${action.reason}`);
  }

  /** Never a life past 3 days, nor a host past its scrub limit. */
  #checkLife(host: WorldHost, mac: Mac): void {
    const { now, scenario } = this.#world;
    const age = now - mac.bornAt;
    if (!isOurs(mac)) return;
    if (age > 3 * day + hour) this.#note("no life past 3 days", host.tags.Name, `it lasted ${age / day} days`);
    // A dead controller, or a person who has taken it out, may be in the way; nothing else may.
    const slack = scenario.faults.outageSeconds + scenario.faults.takenOutSeconds + hour;
    const unscrubbed = now - mac.launchedAt - scenario.policy.fullScrubEverySeconds;
    if (unscrubbed > slack) this.#note("no host past its scrub", host.tags.Name, `${unscrubbed / hour} h late`);
  }

  /** Never below the floor by own decision, by what the controller saw. */
  #checkFloor({ actions }: Decision, observed: Observed, { floor }: PoolPolicy): void {
    const chosen = actions.filter((action) => action.kind === "drain" && action.voluntary);
    if (chosen.length === 0) return;
    const taken = new Set(chosen.map((action) => ("instanceId" in action ? action.instanceId : "")));
    const left = observed.instances.filter((each) => serves(each) && !taken.has(each.instanceId)).length;
    if (left < floor)
      this.#note("not below the floor", chosen[0]?.hostName, `${left} of ${floor} left by ${chosen[0]?.reason}`);
  }

  #checkOneActionEach({ actions }: Decision): void {
    const seen = new Set<string>();
    for (const action of actions) {
      if (!("hostId" in action) || !action.hostId || action.kind === "adopt") continue;
      if (seen.has(action.hostId)) this.#note("one action for each host", action.hostName, action.reason);
      seen.add(action.hostId);
    }
  }

  /**
   * Once faults have stopped, and what they left has ended too (a dead controller, a host that somebody took out), every
   * declared host works again and every removed one is released within a bound. A pool that follows its demand need not
   * have all of its hosts, but as many as its least number must have worked.
   */
  #checkBounds(): void {
    const { now, declared, hosts, phaseFrom, settingsChangedAt, faults, scenario } = this.#world;
    const calmFrom = phaseFrom + Math.max(scenario.faults.outageSeconds, scenario.faults.takenOutSeconds);
    if (faults !== noFaults || now < calmFrom) return;
    const { sizing } = scenario.policy;
    const settledSeconds = now - Math.max(calmFrom, settingsChangedAt);
    if (sizing && settledSeconds > worksAgainSeconds) {
      const from = now - worksAgainSeconds;
      const working = declared.filter(({ name }) => (this.#readyAt.get(name) ?? 0) >= from).length;
      const what = `${working} have been ready in the last ${worksAgainSeconds / hour} h, and ${sizing.least} are the fewest`;
      if (working < Math.min(sizing.least, declared.length)) this.#note("declared hosts work again", "", what);
    }
    for (const { name } of sizing ? [] : declared) {
      const idle = now - Math.max(this.#readyAt.get(name) ?? 0, calmFrom, settingsChangedAt);
      if (idle > worksAgainSeconds) this.#note("declared hosts work again", name, `not for ${idle / hour} h`);
    }
    for (const { mac, tags } of hosts) {
      if (!mac || !isOurs(mac) || mac.endingFrom <= now || isReplacing(mac, now)) continue;
      const late = now - Math.max(mac.drainAskedAt, calmFrom) - scenario.policy.graceSeconds;
      if (late > hour) this.#note("a drain ends", tags.Name, `${late / hour} h after its grace`);
    }
    for (const host of hosts) {
      if (!isOurs(host) || host.releasedFrom <= now || host.undeclaredSince > now) continue;
      const late = now - Math.max(host.allocatedAt + day, Math.max(host.undeclaredSince, calmFrom) + drainedSeconds);
      if (late > releaseSlackSeconds) this.#note("removed hosts are released", host.tags.Name, `${late / hour} h late`);
    }
  }

  #sample(): void {
    const { now, declared } = this.#world;
    const seconds = now - this.#sampledAt;
    this.#sampledAt = now;
    const names = readyNames(this.#world);
    const ready = declared.filter(({ name }) => names.has(name));
    for (const { name } of ready) this.#readyAt.set(name, now);
    this.declaredSeconds += seconds * declared.length;
    this.readySeconds += seconds * ready.length;
    this.seconds += seconds;
    if (ready.length >= this.#world.scenario.policy.promisedReady) this.keptSeconds += seconds;
    this.#checkBounds();
  }

  #note(rule: string, hostName: string | undefined, what: string): void {
    this.violations.push({ rule, at: this.#world.now, hostName: hostName ?? "", what });
  }
}

function isOurs({ tags }: { tags: Tags }): boolean {
  return Object.entries(mark).every(([key, value]) => tags[key] === value);
}

function serves({ state, runner, tags }: SeenInstance): boolean {
  return (
    isOurs({ tags }) &&
    tags.PWPoolReady === "true" &&
    state === "running" &&
    runner.state === "registered" &&
    runner.accepting
  );
}
