import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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

/**
 * Runs the whole program for a stack file without an engine and returns what it declared. Once per test process. AWS has
 * no hosts, unless the test has started a simulated one.
 */
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
  const aws = process.env.AWS_ENDPOINT_URL ? undefined : await emptyAws();
  try {
    await import("../../index.ts");
    await pulumi.runtime.disconnect();
  } finally {
    aws?.close();
  }
  return declared;
}

/** Answers DescribeHosts with nothing, and points the AWS SDK of this process at that. */
async function emptyAws() {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/xml");
    response.end(
      '<DescribeHostsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><hostSet/></DescribeHostsResponse>',
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_ACCESS_KEY_ID = "test";
  process.env.AWS_SECRET_ACCESS_KEY = "test";
  return { close: () => server.close().closeAllConnections() };
}

/** The `config` of a stack file. */
export type StackConfig = Record<string, unknown>;
