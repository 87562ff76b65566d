import type { EventEmitter } from "node:events";
import type { SimClock } from "./clock.ts";
import { accessOperations } from "./lambda/access-operations.ts";
import { CodeStore } from "./lambda/code.ts";
import { Functions } from "./lambda/functions.ts";
import { lambdaOperations } from "./lambda/operations.ts";
import type { FunctionRun } from "./lambda/state.ts";
import { type Found, findOperation, type RestOperation } from "./rest.ts";
import { Engine } from "./scheduler/engine.ts";
import { groupOperations } from "./scheduler/groups.ts";
import { scheduleOperations } from "./scheduler/schedules.ts";
import type { Firing, Schedule } from "./scheduler/state.ts";
import { readTarget } from "./scheduler/targets.ts";
import type { SimState } from "./state.ts";

/** What happens by itself. */
export interface SimEvents {
  /** A schedule was due, and this came of it. */
  fired: [Firing];
  /** A function has run. */
  returned: [FunctionRun];
}

/** What the services work with. */
export interface ServicesOptions {
  state: SimState;
  stateFile: string | undefined;
  clock: SimClock;
  events: EventEmitter<SimEvents>;
  /** Of the simulated AWS, for what runs in it. */
  url(): string;
  /** Makes a call of EC2 in that region as of that moment. */
  callEc2(region: string, form: URLSearchParams, now: number): Promise<unknown>;
  readObject(region: string, bucket: string, key: string): Promise<Buffer>;
  save(): void;
}

/** The services that moto has but does not really run: EventBridge Scheduler and Lambda. */
export class Services {
  readonly functions: Functions;
  readonly #options: ServicesOptions;
  readonly #code: CodeStore;
  readonly #engine: Engine;
  /** By the service's name in a signature. */
  readonly #operations: Readonly<Record<string, RestOperation[]>>;

  constructor(options: ServicesOptions) {
    const { state, stateFile, clock, events, url, readObject, save } = options;
    this.#options = options;
    this.#code = new CodeStore(stateFile);
    const all = state.functions;
    const code = this.#code;
    const returned = (run: FunctionRun) => events.emit("returned", run);
    this.functions = new Functions({ functions: all, code, clock, url, returned });
    const fired = (firing: Firing) => {
      save();
      events.emit("fired", firing);
    };
    const run = (schedule: Schedule, at: number) => this.#runTarget(schedule, at);
    this.#engine = new Engine({ state: state.scheduler, clock, run, fired });
    const changed = () => this.#engine.arm();
    this.#operations = {
      scheduler: [...groupOperations(state.scheduler), ...scheduleOperations(state.scheduler, changed)],
      lambda: [
        ...lambdaOperations({ functions: this.functions, all, code, readObject }),
        ...accessOperations(this.functions),
      ],
    };
  }

  /** The operation that a request is for; undefined when it is moto's. */
  find(service: string, method: string, url: string): Found | undefined {
    const operations = this.#operations[service];
    return operations && findOperation(operations, method, url.split("?")[0] ?? "");
  }

  /** Fires all schedules that are due by now. */
  catchUp(): Promise<void> {
    return this.#engine.catchUp();
  }

  /** Ends what runs by itself. */
  async close(): Promise<void> {
    await this.#engine.close();
    await this.functions.close();
    this.#code.close();
  }

  async #runTarget({ region, target, name }: Schedule, at: number): Promise<string> {
    const wanted = readTarget(target.Arn, target.Input);
    if (typeof wanted === "string") return wanted;
    if (wanted.kind === "function") {
      this.functions.start(region, wanted.functionName, target.Input ?? defaultEvent(region, name, at));
      return "started";
    }
    await this.#options.callEc2(region, wanted.form, at);
    return "done";
  }
}

/** What Scheduler gives a function when the schedule has no input. */
function defaultEvent(region: string, name: string, at: number): string {
  const time = new Date(at).toISOString();
  return JSON.stringify({ "detail-type": "Scheduled Event", source: "aws.scheduler", region, time, resources: [name] });
}
