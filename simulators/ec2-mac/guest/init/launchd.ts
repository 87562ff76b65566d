import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Launchd, type Loaded, launchctl, type Outcome } from "../../../mac/launchd/commands.ts";
import { type Job, readJob } from "../../../mac/launchd/job.ts";
import { Keeper } from "../../../mac/launchd/keeper.ts";
import type { GuestFaults } from "../messages.ts";
import type { MacClock } from "./clock.ts";
import { identityOf } from "./users.ts";

const DAEMONS = ["/System/Library/LaunchDaemons", "/Library/LaunchDaemons"];

interface Kept {
  domain: string;
  plistPath: string;
  job: Job;
  keeper: Keeper;
  /** Calls back once the job has ended and is not loaded any more. */
  onceUnloaded: (() => void)[];
}

/** What launchd needs to know of its Mac. */
export interface LaunchdOptions {
  clock: MacClock;
  environment: Readonly<Record<string, string>>;
  faults(): GuestFaults;
  /** True when the Mac has no other user than root. */
  isOneUid: boolean;
}

/** The launchd of a simulated Mac with its system domain. Nobody is logged in at the screen. */
export class MacLaunchd {
  readonly #options: LaunchdOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #disabled = new Set<string>();

  constructor(options: LaunchdOptions) {
    this.#options = options;
  }

  /** Loads the daemons that are there at boot; one that will not do is passed over. */
  async loadAtBoot(): Promise<void> {
    const plists = DAEMONS.filter(existsSync).flatMap((folder) =>
      readdirSync(folder).map((name) => join(folder, name)),
    );
    for (const plist of plists.filter((name) => name.endsWith(".plist"))) {
      try {
        this.#load("system", plist);
      } catch (error) {
        console.error(`launchd: ${plist}: ${(error as Error).message}`);
      }
    }
  }

  /** `launchctl`, called by this user. */
  launchctl(args: readonly string[], uid: number): Promise<Outcome> {
    const launchd: Launchd = {
      isRoot: uid === 0,
      uid,
      hasScreen: false,
      loaded: () => [...this.#kept.values()].map((kept) => ({ ...kept, status: kept.keeper.status })),
      labelIn: async (plistPath) => this.#read(plistPath).Label,
      load: async (domain, plistPath) => this.#load(domain, plistPath),
      unload: (loaded) => this.#unload(loaded),
      kickstart: (loaded, again) => this.#find(loaded)?.keeper.kickstart(again),
      isDisabled: (target) => this.#disabled.has(target),
      setDisabled: (target, isDisabled) => {
        if (isDisabled) this.#disabled.add(target);
        else this.#disabled.delete(target);
      },
    };
    return launchctl(launchd, [...args]);
  }

  /** Ends all jobs, as before a shutdown. */
  async unloadAll(): Promise<void> {
    const loaded = [...this.#kept.values()].map((kept) => ({ ...kept, status: kept.keeper.status }));
    await Promise.all(loaded.map((one) => this.#unload(one)));
  }

  #find({ domain, job }: Loaded): Kept | undefined {
    return this.#kept.get(`${domain}/${job.Label}`);
  }

  #load(domain: string, plistPath: string): void {
    const job = this.#read(plistPath);
    const key = `${domain}/${job.Label}`;
    const onceUnloaded: Kept["onceUnloaded"] = [];
    const keeper = new Keeper({
      job,
      ...this.#runsAs(job),
      later: (seconds, act) => this.#options.clock.later(seconds, act, true),
      tell: () => {},
      unloaded: () => {
        this.#kept.delete(key);
        for (const act of onceUnloaded) act();
      },
    });
    this.#kept.set(key, { domain, plistPath, job, keeper, onceUnloaded });
    keeper.load();
  }

  /** launchd takes a daemon only from a file that is root's, and that nobody else may write. */
  #read(plistPath: string): Job {
    if (this.#options.faults().launchdLoadsNothing) throw new Error("launchd is broken");
    const { uid, mode } = statSync(plistPath);
    const isRoots = uid === 0 || this.#options.isOneUid;
    if (!isRoots || (mode & 0o022) !== 0) throw new Error("Path had bad ownership/permissions");
    const job = readJob(plistPath);
    identityOf(job.UserName ?? "root");
    return job;
  }

  #unload(loaded: Loaded): Promise<void> {
    const kept = this.#find(loaded);
    if (!kept) return Promise.resolve();
    return new Promise((resolve) => {
      kept.onceUnloaded.push(resolve);
      kept.keeper.unload(kept.job.ExitTimeOut);
    });
  }

  #runsAs(job: Job) {
    const { environment, isOneUid } = this.#options;
    const name = job.UserName ?? "root";
    const { uid, gid, home } = identityOf(name);
    const own = { ...environment, HOME: home, USER: name, LOGNAME: name };
    return isOneUid || name === "root" ? { environment: own } : { environment: own, identity: { uid, gid } };
  }
}
