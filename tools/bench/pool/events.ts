import { TimeQueue } from "./queue.ts";
import type { SimulatedHost } from "./simulated-host.ts";
import type { Moment } from "./types.ts";

/** What can happen at a time that is known before: a look, a host's reminder or soft end, its job's end, its next state. */
export type Happening =
  | "look"
  | "reminder"
  | "soft-end"
  | "job-ends"
  | "booting"
  | "booted"
  | "ready"
  | "scrubbing"
  | "available";

/** `turns` holds a host's changes of state when the event was made; one that has changed since does not have it. */
export interface Event {
  at: Moment;
  kind: Happening;
  host: SimulatedHost | undefined;
  turns: number;
  next: Event | undefined;
}

/** What is going to happen, the earliest first. Events that are over are used again. */
export class Events {
  readonly #queue = new TimeQueue<Event>();
  /** Those that are over, each linked to the next. */
  #over: Event | undefined;

  /** When the earliest happens. */
  get nextAt(): Moment {
    return this.#queue.nextAt;
  }

  push(at: Moment, kind: Happening, host?: SimulatedHost): void {
    const event = this.#over ?? { at: 0, kind, host, turns: 0, next: undefined };
    this.#over = event.next;
    event.at = at;
    event.kind = kind;
    event.host = host;
    event.turns = host === undefined ? 0 : host.turns;
    this.#queue.push(event);
  }

  /** Takes the earliest out; undefined when there is none. To be read before the next is pushed. */
  pop(): Event | undefined {
    const event = this.#queue.pop();
    if (event === undefined) return undefined;
    event.next = this.#over;
    this.#over = event;
    return event;
  }
}
