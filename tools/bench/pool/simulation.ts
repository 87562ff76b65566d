import { Desk } from "./desk.ts";
import { Draws } from "./draws.ts";
import { type Event, Events, type Happening } from "./events.ts";
import { hour, minute, week } from "./hours.ts";
import { Meter, type Result } from "./measure.ts";
import { never } from "./queue.ts";
import { isPossible, isStarting, newHost, type SimulatedHost } from "./simulated-host.ts";
import type { Cause, HostState, Moment, Order, Pool, Rule, World } from "./types.ts";

/** How often a Mac's own supervisor looks whether a job runs once its soft end is past, and how long it lets one run. */
const supervisor = { everySeconds: minute, graceSeconds: 2 * hour } as const;

/**
 * A pool under a rule in a world, from event to event.
 * Throws a RangeError when the rule orders what AWS would refuse, because a comparison with such a rule would be wrong.
 */
export class Simulation<Memory> implements Pool {
  now: Moment = 0;
  readonly hosts: SimulatedHost[] = [];
  readonly available: SimulatedHost[] = [];
  starting = 0;
  online = 0;
  readonly #world: World;
  readonly #rule: Rule<Memory>;
  readonly #wakesOn: Readonly<Record<Cause["kind"], boolean>>;
  readonly #draws: Draws;
  readonly #meter: Meter;
  readonly #events = new Events();
  readonly #desk: Desk;
  /** Used again for each question. */
  readonly #cause: Cause = { kind: "look", host: undefined };
  #memory: Memory;
  #allocated = 0;
  #nextLookAt: Moment = never;
  /** Runners that take jobs, busy or not. */
  #ready = 0;

  constructor(world: World, rule: Rule<Memory>) {
    this.#world = world;
    this.#rule = rule;
    this.#wakesOn = wakesOf(rule.wakesOn);
    this.#memory = rule.memory;
    this.#draws = new Draws(world.seed, world.durations, rule.setsUpByScript === true);
    this.#meter = new Meter(world, rule.promised ?? 0);
    this.#desk = new Desk(world.jobs, rule.gives);
  }

  get waiting(): number {
    return this.#desk.waiting;
  }

  get running(): number {
    return this.#desk.running;
  }

  get arrived(): number {
    return this.#desk.arrived;
  }

  get finished(): number {
    return this.#desk.finished;
  }

  get workedSeconds(): number {
    return this.#desk.workedSeconds;
  }

  /** Runs to the end of the time that counts, and on until every job is done, for a week at most. */
  run(): Result {
    const { jobs, countUntil } = this.#world;
    const last = jobs.arrivals.at(-1) ?? 0;
    const until = Math.max(countUntil, last) + week;
    this.#ask("look");
    while (true) {
      const at = Math.min(this.#desk.nextArrivalAt, this.#events.nextAt);
      if (at > until || (at > countUntil && this.#desk.isDone)) break;
      this.now = at;
      if (at === this.#desk.nextArrivalAt) this.#arrive();
      else this.#happenNext();
    }
    this.now = Math.max(this.now, countUntil);
    this.#noteHosts(countUntil);
    this.#countReady(0);
    for (const host of this.hosts) this.#meter.spend(host, host.since, this.now);
    const atWork = this.hosts.filter(({ job }) => job >= 0).length;
    return this.#meter.result(jobs, this.#desk.starts, this.arrived - this.finished - this.waiting - atWork);
  }

  #happenNext(): void {
    const { at, kind, host, turns } = this.#events.pop() as Event;
    if (host === undefined) this.#look(at);
    else if (kind === "reminder") this.#remind(host);
    else if (host.turns === turns) this.#happen(kind, host);
  }

  #happen(kind: Happening, host: SimulatedHost): void {
    switch (kind) {
      case "available":
        this.#beAvailable(host);
        break;
      case "job-ends":
        this.#finishJob(host);
        break;
      case "booted":
        this.#beBooted(host);
        break;
      case "ready":
        this.#beReady(host);
        break;
      case "scrubbing":
        this.#scrub(host);
        break;
      case "soft-end":
        this.#supervise(host);
        break;
      case "booting":
        this.#boot(host);
    }
  }

  #look(at: Moment): void {
    if (at !== this.#nextLookAt) return;
    this.#nextLookAt = never;
    this.#ask("look");
  }

  #remind(host: SimulatedHost): void {
    if (this.#wakesOn.reminder && host.state !== "released") this.#ask("reminder", host);
  }

  #arrive(): void {
    this.#desk.arrive();
    this.#giveJobs();
    if (this.#wakesOn.arrival) this.#ask("arrival");
  }

  #finishJob(host: SimulatedHost): void {
    this.#desk.finish(host);
    this.#desk.addIdle(host, this.now);
    if (this.#wakesOn["job-done"]) this.#ask("job-done", host);
    this.#giveJobs();
  }

  #giveJobs(): void {
    for (let given = this.#desk.start(this.now); given; given = this.#desk.start(this.now))
      this.#events.push(this.now + given.seconds, "job-ends", given.host);
  }

  #ask(kind: Cause["kind"], host?: SimulatedHost): void {
    const { orders, memory, lookAt } = this.#rule.decide(this, this.#memory, this.#because(kind, host));
    this.#memory = memory;
    if (lookAt !== undefined && lookAt < this.#nextLookAt) {
      if (lookAt <= this.now) throw new RangeError(`${this.#rule.name} would look again at once, for ever`);
      this.#nextLookAt = lookAt;
      this.#events.push(lookAt, "look");
    }
    for (const order of orders) this.#carryOut(order);
    // A job may have to begin anew by what was ordered, while another runner is idle.
    if (orders.length > 0) this.#giveJobs();
  }

  #because(kind: Cause["kind"], host: SimulatedHost | undefined): Cause {
    this.#cause.kind = kind;
    this.#cause.host = host;
    return this.#cause;
  }

  #carryOut(order: Order): void {
    if (order.kind === "allocate") {
      this.#allocate(order);
      return;
    }
    const host = order.host as SimulatedHost;
    this.#demand(order, isPossible(order.kind, host, this.now));
    switch (order.kind) {
      case "remind":
        this.#events.push(order.at, "reminder", host);
        break;
      case "launch":
        this.#launch(host, order);
        break;
      case "set-up":
        this.#setUp(host);
        host.softEndsAt = order.softEndsAt ?? 0;
        break;
      case "drain":
        this.#drain(host);
        break;
      case "replace":
        host.softLifeSeconds = order.softLifeSeconds ?? 0;
        host.setsItselfUp = order.byItself ?? false;
        this.#replace(host);
        break;
      case "release":
        this.#release(host);
        break;
      default:
        this.#stop(host);
    }
  }

  #demand({ kind }: Order, isAllowed: boolean): void {
    if (!isAllowed) throw new RangeError(`${this.#rule.name} ordered ${kind} where AWS refuses it`);
  }

  #allocate(order: Extract<Order, { kind: "allocate" }>): void {
    const host = newHost(++this.#allocated, this.now);
    this.hosts.push(host);
    this.available.push(host);
    if (this.#meter.counts(this.now)) this.#meter.allocations++;
    this.#noteHosts(this.now);
    if (order.remindAfterSeconds) this.#events.push(this.now + order.remindAfterSeconds, "reminder", host);
    if (order.launch) this.#launch(host, order);
  }

  #launch(host: SimulatedHost, { byItself, softLifeSeconds }: { byItself?: boolean; softLifeSeconds?: number }): void {
    host.launches++;
    host.launchedAt = this.now;
    host.softLifeSeconds = softLifeSeconds ?? 0;
    host.replacedFrom = 0;
    host.replacedAt = 0;
    host.setsItselfUp = byItself ?? false;
    this.#boot(host);
  }

  #drain(host: SimulatedHost): void {
    if (!host.drained) this.#countReady(-1);
    this.#meter.spend(host, host.since, this.now);
    host.since = this.now;
    host.drained = true;
  }

  /** From its soft end on a Mac shuts down when it sees no job, and after its grace in any case. */
  #supervise(host: SimulatedHost): void {
    const latest = host.softEndsAt + supervisor.graceSeconds;
    if (host.job >= 0 && this.now < latest) {
      this.#events.push(Math.min(latest, this.now + supervisor.everySeconds), "soft-end", host);
      return;
    }
    this.#stop(host);
    // Its job begins anew, maybe at once on another.
    this.#giveJobs();
  }

  #boot(host: SimulatedHost): void {
    this.#enter(host, "booting");
    if (host.replacedFrom > 0) host.replacedAt = this.now;
    host.lifeFrom = this.now;
    host.softEndsAt = 0;
    host.drained = false;
    host.jobsDone = 0;
    this.#events.push(this.now + this.#draws.boot(), "booted", host);
  }

  #beBooted(host: SimulatedHost): void {
    if (host.setsItselfUp) {
      this.#setUp(host);
      return;
    }
    this.#enter(host, "booted");
    if (this.#wakesOn.booted) this.#ask("booted", host);
  }

  #setUp(host: SimulatedHost): void {
    this.#spendIn(host, "setting-up", this.#draws.setUp(), "ready");
  }

  #beReady(host: SimulatedHost): void {
    this.#enter(host, "ready");
    this.online++;
    this.#countReady(1);
    this.#desk.addIdle(host, this.now);
    if (host.softEndsAt > 0) this.#events.push(Math.max(this.now, host.softEndsAt), "soft-end", host);
    this.#giveJobs();
    if (this.#wakesOn.ready) this.#ask("ready", host);
  }

  #replace(host: SimulatedHost): void {
    if (this.#meter.counts(this.now)) this.#meter.replacements++;
    host.replacedFrom = this.now;
    this.#spendIn(host, "replacing", this.#draws.replacement(), "booting");
  }

  #stop(host: SimulatedHost): void {
    this.#spendIn(host, "stopping", this.#draws.stopping(), "scrubbing");
  }

  #scrub(host: SimulatedHost): void {
    if (this.#meter.counts(this.now)) this.#meter.scrubs++;
    this.#spendIn(host, "scrubbing", this.#draws.scrub(), "available");
    if (this.#wakesOn.stopped) this.#ask("stopped", host);
  }

  #beAvailable(host: SimulatedHost): void {
    this.#enter(host, "available");
    this.available.push(host);
    if (this.#wakesOn.available) this.#ask("available", host);
  }

  #release(host: SimulatedHost): void {
    this.#enter(host, "released");
    this.#noteHosts(this.now);
    remove(this.hosts, host);
  }

  #enter(host: SimulatedHost, state: HostState): void {
    this.#leave(host);
    host.state = state;
    host.since = this.now;
    host.turns++;
    if (isStarting(host)) this.starting++;
  }

  #countReady(change: number): void {
    this.#meter.keep(this.#ready, this.now);
    this.#ready += change;
  }

  /** Counts the time in its state, and begins its job anew if one runs. */
  #leave(host: SimulatedHost): void {
    this.#meter.spend(host, host.since, this.now);
    if (host.state === "ready") {
      this.online--;
      if (!host.drained) this.#countReady(-1);
    } else if (host.state === "available") remove(this.available, host);
    else if (isStarting(host)) this.starting--;
    if (host.job < 0) return;
    if (this.#meter.counts(this.now)) this.#meter.interrupted++;
    this.#desk.interrupt(host);
  }

  /** The host is in a state for so long, and then something happens. A state that takes no time is passed over. */
  #spendIn(host: SimulatedHost, state: HostState, seconds: number, then: Happening): void {
    if (seconds > 0) {
      this.#enter(host, state);
      this.#events.push(this.now + seconds, then, host);
    } else this.#happen(then, host);
  }

  #noteHosts(at: Moment): void {
    if (this.#meter.counts(at)) this.#meter.peakHosts = Math.max(this.#meter.peakHosts, this.hosts.length);
  }
}

function wakesOf(wakesOn: Rule<unknown>["wakesOn"]): Record<Cause["kind"], boolean> {
  const kinds: ReadonlySet<Cause["kind"]> = new Set(wakesOn);
  return {
    look: true,
    arrival: kinds.has("arrival"),
    reminder: kinds.has("reminder"),
    booted: kinds.has("booted"),
    ready: kinds.has("ready"),
    "job-done": kinds.has("job-done"),
    stopped: kinds.has("stopped"),
    available: kinds.has("available"),
  };
}

/** Takes an item out of a list and keeps the order of the others. */
function remove<T>(items: T[], item: T): void {
  let index = items.indexOf(item);
  for (; index + 1 < items.length; index++) items[index] = items[index + 1] as T;
  items.pop();
}
