/** What the runner of the simulated Macs and the init of each of them say to each other, by Node's own channel. */

import { z } from "zod";

/** How to work out the simulated time: `base` plus what passed since, times the rate. Milliseconds. */
export interface ClockSetting {
  base: number;
  /** Of the computer's clock, when it was `base`. */
  since: number;
  rate: number;
}

/** Reads what goes wrong on a Mac. */
export const guestFaultsSchema = z.strictObject({
  /** launchd loads nothing at boot and nothing when asked. */
  launchdLoadsNothing: z.boolean().optional(),
  /** The user data ends with this status before its first line. */
  userDataStatus: z.number().int().optional(),
  /** `shutdown` says that it does, and does nothing. */
  shutdownIsIgnored: z.boolean().optional(),
});
/** What goes wrong on a Mac at present. */
export type GuestFaults = z.infer<typeof guestFaultsSchema>;

/** What init hears. */
export type ToGuest =
  | {
      kind: "boot";
      instanceId: string;
      clock: ClockSetting;
      faults: GuestFaults;
      /** For every program of the Mac. */
      environment: Record<string, string>;
      /** Ports of the computer's loopback that the Mac's own leads to. */
      ports: number[];
      isOneUid: boolean;
    }
  | { kind: "clock"; clock: ClockSetting }
  | { kind: "faults"; faults: GuestFaults }
  /** A person at a shell, as root. */
  | { kind: "run"; id: number; script: string }
  | { kind: "answer"; id: number; answer: Answer };

/** What init says. */
export type FromGuest =
  | ({ kind: "ask"; id: number } & Question)
  | { kind: "booted" }
  | { kind: "ran"; id: number; result: ShellResult }
  | { kind: "power"; action: "halt" | "reboot" };

/** How a script ended, and all that it printed. */
export interface ShellResult {
  /** -1 when a signal ended it, or the Mac went down. */
  exitCode: number;
  output: string;
}

/** What only the outside can tell: a path of the metadata service, the user data, or an AWS command. */
export type Question = { what: "metadata"; path: string } | { what: "aws"; args: string[] };

/** An answer to a question. Bytes are base64. */
export interface Answer {
  /** Of a program, or of HTTP. */
  status: number;
  output: string;
  errors?: string;
  /** Where the output goes instead, on the Mac. */
  file?: string;
}
