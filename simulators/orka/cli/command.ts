import type { FlagSet, Parsed } from "./flags.ts";
import { UsageError } from "./flags.ts";
import type { Kube } from "./kube.ts";
import { kubeOf } from "./kube.ts";
import type { Terminal } from "./run.ts";
import { readTarget } from "./settings.ts";

/** One orka3 command. */
export interface CliCommand {
  /** Its name and, in capitals, its arguments. */
  usage: string;
  /** The least and the most arguments. */
  args: readonly [number, number];
  flags: FlagSet;
  /** Flags that must be given. */
  required?: readonly string[];
  run(call: Call): Promise<void>;
}

/** A command that is being run. */
export interface Call extends Parsed {
  terminal: Terminal;
  /** `table`, `wide` or `json`. */
  output: string;
  /** Opens the way to the cluster and settles the namespace. */
  connect(): Promise<{ kube: Kube; namespace: string }>;
  say(line: string): void;
}

const NAMESPACE: FlagSet = { namespace: { short: "n", type: "string" } };
const OUTPUT: FlagSet = { output: { short: "o", type: "string" } };
const HELP: FlagSet = { help: { short: "h", type: "bool" } };

/** The namespace that images and VM configs live in. */
export const DEFAULT_NAMESPACE = "orka-default";

/** The flags of a command, with those that all commands of its kind share. */
export function flagsOf(own: FlagSet, ...shared: ("namespace" | "output")[]): FlagSet {
  return {
    ...HELP,
    ...(shared.includes("namespace") ? NAMESPACE : {}),
    ...(shared.includes("output") ? OUTPUT : {}),
    ...own,
  };
}

/** Prepares a parsed command. @throws UsageError for an unknown output format */
export function callOf(parsed: Parsed, terminal: Terminal): Call {
  const output = parsed.flags.output ?? "table";
  if (!["table", "wide", "json"].includes(output)) throw new UsageError(`invalid output format "${output}"`);
  return {
    ...parsed,
    terminal,
    output,
    connect: async () => {
      const target = await readTarget(terminal.env);
      const namespace =
        parsed.flags.namespace ?? terminal.env.ORKA_DEFAULT_NAMESPACE ?? target.namespace ?? DEFAULT_NAMESPACE;
      return { kube: kubeOf(target, terminal), namespace };
    },
    say: (line) => terminal.out(`${line}\n`),
  };
}

/** A list in a flag: `a,b`. */
export function listFlag(value: string | undefined): string[] | undefined {
  return value?.split(",").filter(Boolean);
}

/** A number in a flag that was checked when it was parsed. */
export function numberFlag(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** A path below the namespaced part of Orka's own kinds. */
export function crdPath(namespace: string, ...parts: string[]): string {
  return `/apis/orka.macstadium.com/v1/namespaces/${[namespace, ...parts].map(encodeURIComponent).join("/")}`;
}

/** A path below the namespaced part of Kubernetes' core kinds. */
export function corePath(namespace: string, ...parts: string[]): string {
  return `/api/v1/namespaces/${[namespace, ...parts].map(encodeURIComponent).join("/")}`;
}
