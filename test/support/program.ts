import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

/** A resource as the program declared it; nothing is made. */
export interface Declared {
  type: string;
  name: string;
  urn: string;
  inputs: Record<string, unknown>;
  custom: boolean;
}

/** Runs the whole program for a stack file without an engine and returns what it declared. Once per test process. */
export async function runProgram(stack: string, change: (config: StackConfig) => void = () => {}): Promise<Declared[]> {
  const root = path.join(import.meta.dirname, "../..");
  const file = parse(readFileSync(path.join(root, `Pulumi.${stack}.yaml`), "utf8")) as { config: StackConfig };
  change(file.config);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(file.config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  const declared: Declared[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs, custom }) {
        declared.push({ type, name, inputs, custom: custom ?? true, urn: "" });
        return {
          id: `${name}-id`,
          state: { ...inputs, hex: "0badcafe", uniqueId: "AROAEXAMPLE", arn: `arn:aws:mock:::${name}` },
        };
      },
      call: () => ({}),
    },
    "mac-runner-fleet",
    stack,
  );
  await import("../../index.ts");
  await pulumi.runtime.disconnect();
  return declared;
}

/** The `config` of a stack file. */
export type StackConfig = Record<string, unknown>;
