/**
 * The contract between a dynamic provider, which is only a door, and the driver module behind it.
 * Such a module exports one `lifecycle`. It runs in Pulumi's provider process, where all calls share one event loop.
 */

/** What an input that is known only later is at preview, whatever its type: `pulumi.runtime.unknownValue`. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A property that is wrong, in Pulumi's terms. */
export interface CheckFailure {
  property: string;
  reason: string;
}

/** What changes between two sets of inputs. */
export interface DiffResult {
  changes: boolean;
  /** Properties that cannot change in place. */
  replaces?: string[];
  /** True where the new one takes the name of the old one. */
  deleteBeforeReplace?: boolean;
}

/** The life of one resource kind. Every call can be repeated: a crash at any line is finished or cleaned by the next. */
export interface Lifecycle<Inputs extends object, Outputs extends object> {
  /** Hands over stack settings; secrets come this way so that no resource holds them. */
  configure(setting: (key: string) => string | undefined): void;
  /** Validates what is known; see {@link unknownValue}. */
  check(olds: Inputs, news: Inputs): Promise<{ inputs: Inputs; failures: CheckFailure[] }>;
  diff(id: string, olds: Outputs, news: Inputs): Promise<DiffResult>;
  /** Makes it, or adopts what an interrupted run made. */
  create(inputs: Inputs): Promise<{ id: string; outs: Outputs }>;
  /** What is there now; an empty object when it is gone. Throws when it could not look. */
  read(id: string, outs: Outputs): Promise<{ id: string; props: Outputs } | Record<string, never>>;
  update(id: string, olds: Outputs, news: Inputs): Promise<{ outs: Outputs }>;
  /** Ends it. Succeeds when it is gone already; throws `not-ours` when the mark is missing. */
  remove(id: string, outs: Outputs): Promise<void>;
}
