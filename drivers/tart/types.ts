import type { Output } from "../exec/types.ts";
import type { VmDetails, VmListing } from "./json.ts";

/** Credentials for one registry host. They travel by environment. */
export interface RegistryLogin {
  /** With the port, if there is one; other registries do not see the credentials. */
  hostname: string;
  username: string;
  password: string;
}

/** How to find `tart` and its things. */
export interface TartOptions {
  /** Default `tart`, looked up on PATH. */
  program?: string;
  /** `$TART_HOME`; default the one of the user that commands run as. */
  tartHome?: string;
  registry?: RegistryLogin;
}

/** For any call. */
export interface CallOptions {
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

/** For calls that fetch or send an image. */
export interface TransferOptions extends CallOptions {
  /** The registry speaks plain HTTP. */
  insecure?: boolean;
  /** Called for each line of progress. */
  onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

/** What `set` changes; what is not given stays. */
export interface VmChanges {
  cpu?: number;
  memoryMb?: number;
  /** Only grows; in units of 1000³ bytes. */
  diskGb?: number;
  randomMac?: boolean;
  /** A new machine identity: serial number, UDID. macOS guests only. */
  randomSerial?: boolean;
}

/** What `prune` deletes. `vms` are stopped local VMs, golden ones too: never use it where those are kept. */
export interface PruneOptions extends CallOptions {
  entries: "caches" | "vms";
  olderThanDays?: number;
  /** What may stay, in units of 1024³ bytes. */
  spaceBudgetGib?: number;
}

/** For a program in the guest. */
export interface GuestOptions extends CallOptions {
  stdin?: string;
  onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

/**
 * The `tart` of one Mac. All methods throw DriverError with tart's own text; see errors.ts for the kinds. A mutation
 * looks again afterwards, so that success means that the change was seen.
 */
export interface Tart {
  version(options?: CallOptions): Promise<string>;
  list(options?: CallOptions): Promise<VmListing[]>;
  /** A local VM. @throws `not-found` */
  get(name: string, options?: CallOptions): Promise<VmDetails>;
  /** Copies a VM or an image under a name that must be free. @throws `already-exists` */
  clone(source: string, name: string, options?: TransferOptions): Promise<VmDetails>;
  /** A running VM gets the change at its next start. */
  set(name: string, changes: VmChanges, options?: CallOptions): Promise<VmDetails>;
  /** The guest's IPv4 address. A VM that is off may still have one, from an old lease. */
  ip(name: string, options?: CallOptions & { waitSeconds?: number }): Promise<string>;
  /** Runs a program in the guest to its end. A non-zero exit code of the program is a result. */
  exec(name: string, argv: readonly [string, ...string[]], options?: GuestOptions): Promise<Output>;
  /** Powers the VM off, by force after `graceSeconds`. Succeeds when it is off already. */
  stop(name: string, options?: CallOptions & { graceSeconds?: number }): Promise<void>;
  /** Deletes a VM that is off. Succeeds when it is gone already. @throws `in-use` */
  delete(name: string, options?: CallOptions): Promise<void>;
  /** Brings the image into the cache. @returns its `sha256:…` digest */
  pull(reference: string, options?: TransferOptions): Promise<string>;
  /** Publishes a VM that is off, or gives an image in the same repository further tags. */
  push(source: string, references: readonly [string, ...string[]], options?: PushOptions): Promise<void>;
  /** The digest of a cached image. @throws `not-found` */
  fqn(reference: string, options?: CallOptions): Promise<string>;
  prune(options: PruneOptions): Promise<void>;
  /** Stores credentials in the Mac's keychain, which must be unlocked. */
  login(login: RegistryLogin, options?: CallOptions & { insecure?: boolean }): Promise<void>;
  /** True when `readings` looks in a row could read the VM's config and saw it off. */
  isProvenStopped(name: string, options?: CallOptions & { readings?: number }): Promise<boolean>;
}

/** For `push`. */
export interface PushOptions extends TransferOptions {
  labels?: Readonly<Record<string, string>>;
}
