import { deepEqual } from "node:assert/strict";
import { after, before } from "node:test";
import { closeClients } from "../../../../simulators/providers/aws/clients.ts";
import { awsProvider } from "../../../../simulators/providers/aws/provider.ts";
import { createProvider } from "../../../../simulators/providers/shared/provider.ts";
import { startTestAws, type TestAws } from "../../ec2-mac/aws.ts";

// biome-ignore lint/suspicious/noExplicitAny: Pulumi's plugin interface has no types for properties.
type Any = any;

/** What to do with one resource kind from its making to its end. */
export interface Life {
  token: string;
  inputs(): Promise<Record<string, unknown>>;
  /** Inputs that change in place. */
  change?: Record<string, unknown>;
  /** What its id looks like. */
  id: RegExp;
  /** Inputs that an import cannot know. */
  notImported?: readonly string[];
  beforeDelete?(): Promise<void>;
}

/** The provider, with every method there. */
export const provider = createProvider(awsProvider) as unknown as Record<
  "check" | "diff" | "create" | "read" | "update" | "delete" | "invoke",
  (...args: Any[]) => Promise<Any>
>;

/** Starts a simulated AWS before the tests of a file and ends it, with the provider's clients, after them. */
export function awsOfFile(): () => TestAws {
  let aws: TestAws;
  before(async () => {
    aws = await startTestAws();
  });
  after(async () => {
    closeClients();
    await aws.close();
  });
  return () => aws;
}

/** The URN of a resource of this kind with the logical name `x`. */
export function urnOf(token: string): string {
  return `urn:pulumi:test::fleet::${token}::x`;
}

/** Checks and creates a resource, as the engine does. */
export async function live(token: string, given: object): Promise<{ id: string; inputs: Any; state: Any }> {
  const { inputs, failures } = await provider.check(urnOf(token), {}, given);
  deepEqual(failures, []);
  const { id, outs } = await provider.create(urnOf(token), inputs);
  return { id, inputs, state: outs };
}
