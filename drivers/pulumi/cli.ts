import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { DriverError, isFailure } from "../errors.ts";
import type { Exec, Output } from "../exec/types.ts";

const LookSeconds = 120;
const ChangeSeconds = 3600;

const resourceState = z.object({
  urn: z.string(),
  type: z.string(),
  id: z.string().default(""),
  parent: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  outputs: z.record(z.string(), z.unknown()).default({}),
});

const deploymentState = z.object({
  deployment: z
    .object({
      resources: z.array(resourceState).nullish(),
      pending_operations: z.array(z.object({ resource: resourceState, type: z.string() })).nullish(),
    })
    .nullish(),
});

const previewDigest = z.object({
  steps: z
    .array(z.object({ op: z.string(), urn: z.string(), newState: resourceState.partial({ id: true }).optional() }))
    .nullish(),
});

const configValues = z.record(
  z.string(),
  z.object({ value: z.string().optional(), objectValue: z.unknown().optional(), secret: z.boolean().default(false) }),
);

/** A resource as the state or a preview has it. Secrets in it are ciphertext. */
export type ResourceState = z.infer<typeof resourceState>;

/** A value of the stack's configuration; `value` is absent where it is a secret and secrets were not asked for. */
export interface ConfigValue {
  value: string | undefined;
  isSecret: boolean;
}

/** Who holds the lock of a stack, in the words of the file and bucket backends. */
export interface LockHolder {
  user: string;
  host: string;
  pid: number;
  since: string;
}

/** A resource to be taken into the state: it exists, but no run recorded it. */
export interface Import {
  type: string;
  name: string;
  id: string;
  /** URN of the parent. */
  parent: string | undefined;
}

/** A run of Pulumi stopped because somebody else holds the stack's lock. */
export class StackLocked extends DriverError {
  readonly holders: LockHolder[];

  constructor(stack: string, holders: LockHolder[], vendorText: string) {
    super(`Stack ${stack} is locked.`, { kind: "in-use", vendorText });
    this.holders = holders;
  }
}

/** What the program needs of the Pulumi command line, for one stack. */
export interface Pulumi {
  readonly stack: string;
  /** The recorded resources and the operations that a killed run left behind; empty for a stack never deployed. */
  exportState(): Promise<{ resources: ResourceState[]; pending: { type: string; resource: ResourceState }[] }>;
  outputs(): Promise<Record<string, unknown>>;
  /** Where the states are kept, as `file:///...` or `s3://...`. */
  backendUrl(): Promise<string>;
  config(options: { showSecrets: boolean }): Promise<Record<string, ConfigValue>>;
  /** What an `up` would create now. @throws StackLocked */
  plannedCreates(): Promise<ResourceState[]>;
  /** Looks at everything again and forgets creates that were never finished. @throws StackLocked */
  refreshAndClearPending(): Promise<void>;
  /** Removes the stack's lock, whoever holds it. */
  unlock(): Promise<void>;
  importResources(file: string): Promise<void>;
}

/** A run that goes on writes the state in place, so whoever reads it at that moment finds a part. */
const LoadAttempts = 5;
const LoadPauseMilliseconds = 200;

function isHalfWritten({ exitCode, stderr, stdout }: Output): boolean {
  return exitCode !== 0 && /failed to load checkpoint: .*\bEOF\b/.test(`${stderr}\n${stdout}`);
}

/**
 * Runs the Pulumi command line on PATH. Back end and passphrase come from the environment, as they do for a person.
 * @param exec runs in the folder of Pulumi.yaml
 */
export function pulumiCli(exec: Exec, stack: string, signal?: AbortSignal): Pulumi {
  const where = ["--stack", stack, "--non-interactive"];

  async function call(args: string[], timeoutSeconds: number): Promise<Output> {
    const command = { argv: ["pulumi", ...args] as const, timeoutSeconds, ...(signal && { signal }) };
    const ask = () => exec.run(command).catch(explainMissing);
    let output = await ask();
    for (let again = 1; again < LoadAttempts && isHalfWritten(output); again += 1) {
      await delay(LoadPauseMilliseconds * again, undefined, { signal });
      output = await ask();
    }
    if (output.exitCode === 0) return output;
    const text = `${output.stderr}\n${output.stdout}`;
    const holders = parseLockHolders(text);
    if (holders.length > 0 || /currently locked by/.test(text)) throw new StackLocked(stack, holders, output.stderr);
    throw new DriverError(`pulumi ${args[0]} failed with exit code ${output.exitCode}.`, {
      kind: /no stack named/.test(text) ? "not-found" : "failed",
      vendorText: output.stderr.trim() || output.stdout,
    });
  }

  async function json<T>(schema: z.ZodType<T>, args: string[], timeoutSeconds = LookSeconds): Promise<T> {
    const { stdout } = await call(args, timeoutSeconds);
    const parsed = schema.safeParse(parseJson(stdout));
    if (parsed.success) return parsed.data;
    throw new DriverError(`pulumi ${args[0]} answered in an unknown shape.`, {
      kind: "unexpected-output",
      vendorText: z.prettifyError(parsed.error),
    });
  }

  return {
    stack,
    async exportState() {
      const { deployment } = await json(deploymentState, ["stack", "export", ...where]);
      return { resources: deployment?.resources ?? [], pending: deployment?.pending_operations ?? [] };
    },
    async backendUrl() {
      return (await json(z.object({ url: z.string() }), ["whoami", "--verbose", "--json"])).url;
    },
    outputs: () => json(z.record(z.string(), z.unknown()), ["stack", "output", "--json", ...where]),
    async config({ showSecrets }) {
      const values = await json(configValues, [
        ...["config", "--json", ...where],
        ...(showSecrets ? ["--show-secrets"] : []),
      ]);
      return Object.fromEntries(
        Object.entries(values).map(([key, { value, secret }]) => [key, { value, isSecret: secret }]),
      );
    },
    async plannedCreates() {
      const { steps } = await json(previewDigest, ["preview", "--json", ...where], ChangeSeconds);
      return (steps ?? []).flatMap(({ op, newState }) =>
        op === "create" && newState ? [{ ...newState, id: newState.id ?? "" }] : [],
      );
    },
    async refreshAndClearPending() {
      await call(["refresh", "--yes", "--skip-preview", "--clear-pending-creates", ...where], ChangeSeconds);
    },
    async unlock() {
      await call(["cancel", "--yes", stack], LookSeconds);
    },
    async importResources(file) {
      const flags = ["--yes", "--skip-preview", "--generate-code=false", "--protect=false"];
      await call(["import", "--file", file, ...flags, ...where], ChangeSeconds);
    },
  };
}

/** The lines `file:///...: created by USER@HOST (pid N) at TIME` of a refused run. */
export function parseLockHolders(text: string): LockHolder[] {
  return [...text.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g)].map((match) => ({
    user: match[1] ?? "",
    host: match[2] ?? "",
    pid: Number(match[3]),
    since: match[4] ?? "",
  }));
}

function explainMissing(error: unknown): never {
  if (!isFailure(error, "program-missing")) throw error;
  const hint = "Install Pulumi, or use the one that `make tools` puts into .toolchain/bin.";
  throw new DriverError("There is no program pulumi on PATH.", { kind: error.kind, hint, cause: error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
