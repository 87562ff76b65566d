import { Desk } from "./desk.ts";
import { Draws } from "./draws.ts";
import { hour, minute, week } from "./hours.ts";
import { Meter, type Result } from "./measure.ts";
import { TimeQueue } from "./queue.ts";
import { isPossible, isStarting, newHost, type SimulatedHost } from "./simulated-host.ts";
import type { Cause, HostState, Moment, Order, Pool, Rule, World } from "./types.ts";

/** How often a Mac's own supervisor looks whether a job runs once its soft end is past, and how long it lets one run. */
const supervisor = { everySeconds: minute, graceSeconds: 2 * hour } as const;

const never = Number.POSITIVE_INFINITY;

/** `turns` holds a host's changes of state when the event was made; one that has changed since does not have it. */
interface Event {
  at: Moment;
  kind: "look" | "reminder" | "job-ends" | "next-state" | "soft-end";
  host: SimulatedHost | undefined;
  turns: number;
  /** `next-state`: which; `soft-end`: the latest end. */
  to: HostState | undefined;
  latest: Moment;
}

/**
 * A pool under a rule in a world, from event to event.
 * Throws a RangeError when the rule orders what AWS would refuse, because a comparison with such a rule would be wrong.
 */
export class Simulation<Memory> implements Pool {
  now: Moment = 0;
  readonly hosts: SimulatedHost[] = [];
  readonly available = new Set<SimulatedHost>();
  starting = 0;
  online = 0;
  readonly #world: World;
  readonly #rule: Rule<Memory>;
  readonly #wakesOn: ReadonlySet<Cause["kind"]>;
  readonly #draws: Draws;
  readonly #meter: Meter;
  readonly #events = new TimeQueue<Event>();
  readonly #desk: Desk;
  #memory: Memory;
  #allocated = 0;
  #nextLookAt: Moment = never;
  /** Runners that take jobs, busy or not. */
  #ready = 0;

  constructor(world: World, rule: Rule<Memory>) {
    this.#world = world;
    this.#rule = rule;
    this.#wakesOn = new Set<Cause["kind"]>(["look", ...rule.wakesOn]);
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
      else this.#happen(this.#events.pop() as Event);
    }
    this.now = Math.max(this.now, countUntil);
    this.#noteHosts(countUntil);
    this.#countReady(0);
    for (const host of this.hosts) this.#meter.spend(host, host.since, this.now);
    const atWork = this.hosts.filter(({ job }) => job >= 0).length;
    return this.#meter.result(jobs, this.#desk.starts, this.arrived - this.finished - this.waiting - atWork);
  }

  #happen(event: Event): void {
    const { host } = event;
    switch (event.kind) {
      case "look":
        if (event.at !== this.#nextLookAt) return;
        this.#nextLookAt = never;
        this.#ask("look");
        return;
      case "reminder":
        if (host && host.state !== "released") this.#ask("reminder", host);
        return;
    }
    if (!host || host.turns !== event.turns) return;
    if (event.kind === "job-ends") this.#finishJob(host);
    else if (event.kind === "soft-end") this.#supervise(host, event.latest);
    else this.#enter(host, event.to as HostState);
  }

  #arrive(): void {
    this.#desk.arrive();
    this.#giveJobs();
    this.#ask("arrival");
  }

  #finishJob(host: SimulatedHost): void {
    this.#desk.finish(host);
    this.#desk.addIdle(host, this.now);
    this.#ask("job-done", host);
    this.#giveJobs();
  }

  #giveJobs(): void {
    for (let given = this.#desk.start(this.now); given; given = this.#desk.start(this.now))
      this.#push(this.now + given.seconds, "job-ends", given.host);
  }

  #ask(kind: Cause["kind"], host?: SimulatedHost): void {
    if (!this.#wakesOn.has(kind)) return;
    const { orders, memory, lookAt } = this.#rule.decide(this, this.#memory, { kind, host });
    this.#memory = memory;
    if (lookAt !== undefined && lookAt < this.#nextLookAt) {
      if (lookAt <= this.now) throw new RangeError(`${this.#rule.name} would look again at once, for ever`);
      this.#nextLookAt = lookAt;
      this.#push(lookAt, "look");
    }
    for (const order of orders) this.#carryOut(order);
    // A job may have to begin anew by what was ordered, while another runner is idle.
    if (orders.length > 0) this.#giveJobs();
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
        this.#push(order.at, "reminder", host);
        break;
      case "launch":
        this.#launch(host, order);
        break;
      case "set-up":
        this.#enter(host, "setting-up");
        host.softEndsAt = order.softEndsAt ?? 0;
        break;
      case "drain":
        this.#drain(host);
        break;
      case "replace":
        host.softLifeSeconds = order.softLifeSeconds ?? 0;
        host.setsItselfUp = order.byItself ?? false;
        this.#enter(host, "replacing");
        break;
      default:
        this.#enter(host, order.kind === "release" ? "released" : "stopping");
    }
  }

  #demand({ kind }: Order, isAllowed: boolean): void {
    if (!isAllowed) throw new RangeError(`${this.#rule.name} ordered ${kind} where AWS refuses it`);
  }

  #allocate(order: Extract<Order, { kind: "allocate" }>): void {
    const host = newHost(++this.#allocated, this.now);
    this.hosts.push(host);
    this.available.add(host);
    if (this.#meter.counts(this.now)) this.#meter.allocations++;
    this.#noteHosts(this.now);
    if (order.remindAfterSeconds) this.#push(this.now + order.remindAfterSeconds, "reminder", host);
    if (order.launch) this.#launch(host, order);
  }

  #launch(host: SimulatedHost, { byItself, softLifeSeconds }: { byItself?: boolean; softLifeSeconds?: number }): void {
    host.launches++;
    host.launchedAt = this.now;
    host.softLifeSeconds = softLifeSeconds ?? 0;
    host.replacedFrom = 0;
    host.replacedAt = 0;
    host.setsItselfUp = byItself ?? false;
    this.#enter(host, "booting");
  }

  #drain(host: SimulatedHost): void {
    if (!host.drained) this.#countReady(-1);
    this.#meter.spend(host, host.since, this.now);
    host.since = this.now;
    host.drained = true;
  }

  /** From its soft end on a Mac shuts down when it sees no job, and after its grace in any case. */
  #supervise(host: SimulatedHost, latest: Moment): void {
    if (host.job >= 0 && this.now < latest) {
      this.#push(Math.min(latest, this.now + supervisor.everySeconds), "soft-end", host, undefined, latest);
      return;
    }
    this.#enter(host, "stopping");
    // Its job begins anew, maybe at once on another.
    this.#giveJobs();
  }

  #enter(host: SimulatedHost, state: HostState): void {
    this.#leave(host);
    host.state = state;
    host.since = this.now;
    host.turns++;
    if (isStarting(host)) this.starting++;
    switch (state) {
      case "booting":
        this.#beginLife(host);
        this.#next(host, "booted", this.#draws.boot());
        break;
      case "booted":
        if (host.setsItselfUp) this.#enter(host, "setting-up");
        else this.#ask("booted", host);
        break;
      case "setting-up":
        this.#next(host, "ready", this.#draws.setUp());
        break;
      case "ready":
        this.#beReady(host);
        break;
      case "replacing":
        this.#meter.replacements += Number(this.#meter.counts(this.now));
        host.replacedFrom = this.now;
        this.#next(host, "booting", this.#draws.replacement());
        break;
      case "stopping":
        this.#next(host, "scrubbing", this.#draws.stopping());
        break;
      case "scrubbing":
        this.#meter.scrubs += Number(this.#meter.counts(this.now));
        this.#next(host, "available", this.#draws.scrub());
        this.#ask("stopped", host);
        break;
      case "available":
        this.available.add(host);
        this.#ask("available", host);
        break;
      case "released":
        this.#noteHosts(this.now);
        this.hosts.splice(this.hosts.indexOf(host), 1);
    }
  }

  #countReady(change: number): void {
    this.#meter.keep(this.#ready, this.now);
    this.#ready += change;
  }

  #beReady(host: SimulatedHost): void {
    this.online++;
    this.#countReady(1);
    this.#desk.addIdle(host, this.now);
    if (host.softEndsAt > 0) {
      const latest = host.softEndsAt + supervisor.graceSeconds;
      this.#push(Math.max(this.now, host.softEndsAt), "soft-end", host, undefined, latest);
    }
    this.#giveJobs();
    this.#ask("ready", host);
  }

  #beginLife(host: SimulatedHost): void {
    if (host.replacedFrom > 0) host.replacedAt = this.now;
    host.lifeFrom = this.now;
    host.softEndsAt = 0;
    host.drained = false;
    host.jobsDone = 0;
  }

  /** Counts the time in its state, and begins its job anew if one runs. */
  #leave(host: SimulatedHost): void {
    this.#meter.spend(host, host.since, this.now);
    if (host.state === "ready") {
      this.online--;
      if (!host.drained) this.#countReady(-1);
    } else if (host.state === "available") this.available.delete(host);
    else if (isStarting(host)) this.starting--;
    if (host.job < 0) return;
    this.#meter.interrupted += Number(this.#meter.counts(this.now));
    this.#desk.interrupt(host);
  }

  #next(host: SimulatedHost, state: HostState, seconds: number): void {
    if (seconds > 0) this.#push(this.now + seconds, "next-state", host, state);
    else this.#enter(host, state);
  }

  #push(at: Moment, kind: Event["kind"], host?: SimulatedHost, to?: HostState, latest = 0): void {
    this.#events.push({ at, kind, host, turns: host ? host.turns : 0, to, latest });
  }

  #noteHosts(at: Moment): void {
    if (this.#meter.counts(at)) this.#meter.peakHosts = Math.max(this.#meter.peakHosts, this.hosts.length);
  }
}
