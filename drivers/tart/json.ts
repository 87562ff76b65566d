import { z } from "zod";
import { DriverError } from "../errors.ts";

/** As `tart` says it. `stopped` in a listing may mean that tart could not look. */
export type VmState = "running" | "suspended" | "stopped";

/** A row of `tart list`: a local VM, or a cached image, which has a row for each of its names. */
export interface VmListing {
  source: "local" | "OCI";
  name: string;
  /** What the guest sees, in units of 1000³ bytes. */
  diskGb: number;
  state: VmState;
  /** When it was last used, ISO 8601; from 2.31.0 on. */
  accessed?: string;
}

/** What `tart get` says of a local VM. */
export interface VmDetails {
  cpu: number;
  /** In units of 1024² bytes. */
  memoryMb: number;
  /** What the guest sees, in units of 1000³ bytes. */
  diskGb: number;
  /** What it takes on the Mac's disk, in units of 1000³ bytes. */
  allocatedGb: number;
  os: "darwin" | "linux";
  state: VmState;
}

const state = z.enum(["running", "suspended", "stopped"]);
/** `Size` is a number in `list` and a text in `get`. */
const quantity = z.coerce.number();

// State came after Running; SizeOnDisk went and Accessed came with 2.31.0.
const listing = z
  .looseObject({
    Source: z.enum(["local", "OCI"]),
    Name: z.string(),
    Disk: quantity,
    State: state.optional(),
    Running: z.boolean().optional(),
    Accessed: z.string().optional(),
  })
  .transform(
    (row): VmListing => ({
      source: row.Source,
      name: row.Name,
      diskGb: row.Disk,
      state: stateOf(row),
      ...(row.Accessed === undefined ? {} : { accessed: row.Accessed }),
    }),
  );

const details = z
  .looseObject({
    CPU: z.int(),
    Memory: quantity,
    Disk: quantity,
    Size: quantity,
    OS: z.enum(["darwin", "linux"]).default("darwin"),
    State: state.optional(),
    Running: z.boolean().optional(),
  })
  .transform(
    (vm): VmDetails => ({
      cpu: vm.CPU,
      memoryMb: vm.Memory,
      diskGb: vm.Disk,
      allocatedGb: vm.Size,
      os: vm.OS,
      state: stateOf(vm),
    }),
  );

// Only what identifies the machine; sizes are read through `tart get`.
const config = z.looseObject({ ecid: z.string().optional(), macAddress: z.string() });

/** What identifies a VM, from its config.json. Linux guests have no ECID. */
export interface VmIdentity {
  ecid?: string | undefined;
  macAddress: string;
}

/** Reads the output of `tart list --format json`. @throws DriverError `unexpected-output` */
export function parseListing(what: string, stdout: string): VmListing[] {
  return parse(what, z.array(listing), stdout);
}

/** Reads the output of `tart get --format json`. @throws DriverError `unexpected-output` */
export function parseDetails(what: string, stdout: string): VmDetails {
  return parse(what, details, stdout);
}

/** Reads a VM's config.json. @throws DriverError `unexpected-output` */
export function parseIdentity(what: string, text: string): VmIdentity {
  const { ecid, macAddress } = parse(what, config, text);
  return { ecid, macAddress };
}

function stateOf({ State, Running }: { State?: VmState | undefined; Running?: boolean | undefined }): VmState {
  return State ?? (Running ? "running" : "stopped");
}

function parse<T>(what: string, schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const vendorText = text.slice(0, 500);
    throw new DriverError(`${what} answered in a shape that is not known`, {
      kind: "unexpected-output",
      vendorText,
      cause,
    });
  }
}
