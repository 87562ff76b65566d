import type { EC2Client } from "@aws-sdk/client-ec2";
import type { PoolPolicy } from "../../model/ec2-mac/policy.ts";
import type { Instant, Tags } from "../../model/ec2-mac/types.ts";
import type { Credentials } from "./credentials.ts";
import type { Ends } from "./ends.ts";
import type { Runners } from "./runners.ts";
import type { WaitingJobs } from "./waiting-jobs.ts";

/** The time by which a controller lives: EC2's, because that is what all its records are in. */
export interface PoolClock {
  now(): Instant;
  /** Waits until then. Ends early, without an error, when the signal does. */
  until(instant: Instant, signal: AbortSignal): Promise<void>;
}

/** What new lives of a pool run now: its image, which may stand for another AMI tomorrow, and its set-up. */
export type NewLives = Pick<PoolPolicy, "imageId" | "setUpScript">;

/** A pool's policy without what is looked up each time. */
export type StandingPolicy = Omit<PoolPolicy, keyof NewLives>;

/** What instances of a pool are launched with. */
export interface LaunchTemplateUse {
  templateName: string;
  /** On every instance, besides those of the decision. */
  tags: Tags;
  /** The subnet for each zone; a zone without one takes its default subnet. */
  subnets: Readonly<Record<string, string>>;
}

/** A pool and everything that its controller looks at and acts with. */
export interface Pool {
  /** Its name for the store; differs from that of every other pool of every fleet. */
  id: string;
  /** Its name for people, from the settings. */
  name: string;
  policy: StandingPolicy;
  /** What new lives run now. @throws DriverError when nobody could tell */
  newLives(signal: AbortSignal): Promise<NewLives>;
  launch: LaunchTemplateUse;
  ec2: EC2Client;
  clock: PoolClock;
  runners: Runners;
  /** Missing where nobody can count them; asked only where the pool follows its demand. */
  jobs?: WaitingJobs;
  /** Missing where this controller may make none: then no Mac is set up by it. */
  credentials?: Credentials;
  /** Missing where no end is scheduled at AWS. */
  ends?: Ends;
}
