import type { SimClock } from "../clock.ts";
import { nextTime, parseExpression, type Span } from "./expressions.ts";
import type { Firing, Schedule, SchedulerState } from "./state.ts";

/** Carries out a target as of the given moment, and says what came of it. */
export type RunTarget = (schedule: Schedule, at: number) => Promise<string>;

/** What the engine works with. */
export interface EngineOptions {
  state: SchedulerState;
  clock: SimClock;
  run: RunTarget;
  /** Told of each firing after it has happened. */
  fired(firing: Firing): void;
}

/** How far back missed times are made up for; whoever jumps further sees only the last week. */
const BACKLOG_MS = 7 * 86_400_000;
const KEPT_FIRINGS = 1000;
/** Longer timers overflow; the engine just looks again. */
const LONGEST_TIMER_MS = 3_600_000;

/**
 * Fires schedules by the simulator's clock, in the order of their times. When the clock jumps, time has passed: calls of
 * the API are made up for, each as of its own moment. A function runs on its own and in real time, so it is started
 * once for all the times that were jumped over.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #stopListening: () => void;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#stopListening = options.clock.onChange(() => void this.catchUp());
    this.arm();
  }

  /** Fires all that is due by now. Requests wait for this, so nobody sees a world in which it has not happened. */
  catchUp(): Promise<void> {
    this.#running ??= this.#fireAll().finally(() => {
      this.#running = undefined;
      this.arm();
    });
    return this.#running;
  }

  /** Sets the timer for the next time; after each change of a schedule. */
  arm(): void {
    clearTimeout(this.#timer);
    const { state, clock } = this.#options;
    const next = earliest(state.schedules);
    if (this.#isClosed || next?.nextAt === undefined || clock.rate === 0) return;
    const wait = Math.max(0, next.nextAt - clock.now()) / clock.rate;
    this.#timer = setTimeout(() => void this.catchUp(), Math.min(Math.ceil(wait), LONGEST_TIMER_MS));
  }

  /** Fires nothing more, and waits for what is being fired. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    clearTimeout(this.#timer);
    await this.#running;
    clearTimeout(this.#timer);
  }

  async #fireAll(): Promise<void> {
    const { state, clock } = this.#options;
    while (!this.#isClosed) {
      const schedule = earliest(state.schedules);
      if (schedule?.nextAt === undefined || schedule.nextAt > clock.now()) return;
      const at = momentToFire(schedule, clock.now());
      settleNext(state, schedule, at);
      if (at !== undefined) await this.#fire(schedule, at);
    }
  }

  async #fire(schedule: Schedule, at: number): Promise<void> {
    const { state, run, fired } = this.#options;
    const result = await run(schedule, at).catch((error: unknown) => String(error));
    const { region, group, name, target } = schedule;
    const firing: Firing = { region, group, schedule: name, at, target: target.Arn, result };
    if (target.Input !== undefined) firing.input = target.Input;
    state.firings.push(firing);
    state.firings.splice(0, state.firings.length - KEPT_FIRINGS);
    fired(firing);
  }
}

/** Works out when the schedule is due next, after it was made or changed. */
export function planNext(schedule: Schedule): void {
  const expression = parseExpression(schedule.expression);
  const isOn = expression && schedule.state === "ENABLED";
  // A one-time schedule that is a little late is still carried out.
  const after = expression?.kind === "at" ? 0 : schedule.changedAt - 1;
  schedule.nextAt = isOn ? nextTime(expression, spanOf(schedule), after) : undefined;
}

/** The moment that a due schedule fires for now: see {@link Engine}. Undefined when all its times are too long ago. */
function momentToFire(schedule: Schedule, now: number): number | undefined {
  const expression = parseExpression(schedule.expression);
  if (!expression || schedule.nextAt === undefined) return undefined;
  if (expression.kind === "at") return schedule.nextAt;
  const isCall = schedule.target.Arn.includes(":aws-sdk:");
  let moment: number | undefined = schedule.nextAt;
  if (moment < now - BACKLOG_MS) moment = nextTime(expression, spanOf(schedule), now - BACKLOG_MS);
  while (!isCall && moment !== undefined) {
    const later = nextTime(expression, spanOf(schedule), moment);
    if (later === undefined || later > now) break;
    moment = later;
  }
  return moment;
}

/** Puts the schedule to its time after `at`; a complete one is deleted where it asks for that. */
function settleNext(state: SchedulerState, schedule: Schedule, at: number | undefined): void {
  const expression = parseExpression(schedule.expression);
  schedule.nextAt = expression && at !== undefined ? nextTime(expression, spanOf(schedule), at) : undefined;
  if (schedule.nextAt !== undefined || schedule.actionAfterCompletion !== "DELETE") return;
  state.schedules.splice(state.schedules.indexOf(schedule), 1);
}

function earliest(schedules: readonly Schedule[]): Schedule | undefined {
  let first: Schedule | undefined;
  for (const schedule of schedules) {
    if (schedule.nextAt === undefined) continue;
    if (first?.nextAt === undefined || schedule.nextAt < first.nextAt) first = schedule;
  }
  return first;
}

function spanOf({ changedAt, startDate, endDate }: Schedule): Span {
  return { since: changedAt, startDate, endDate };
}
