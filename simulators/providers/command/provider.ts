import { randomBytes } from "node:crypto";
import type { PropertyTable } from "../shared/properties.ts";
import { type CallContext, defineResource, type ProviderDefinition } from "../shared/provider.ts";
import { connectionFields } from "./connection.ts";
import { runLocal } from "./local.ts";
import { runRemote } from "./remote.ts";
import type { CommandInputs, CommandOutputs, CommandRun, CommandStreams } from "./types.ts";

/** What both kinds of command have. Source: the vendor's schema, @pulumi/command 1.2.1. */
const common = {
  create: { type: "string" },
  update: { type: "string" },
  delete: { type: "string" },
  // "If the update command was provided the resource will be updated, otherwise it will be replaced."
  triggers: { type: "array", replaces: (news) => news.update === undefined },
  environment: { type: "object" },
  stdin: { type: "string" },
  logging: { type: "string", oneOf: ["stdout", "stderr", "stdoutAndStderr", "none"] },
  addPreviousOutputInEnv: { type: "boolean", default: true },
} satisfies PropertyTable;

// A command's connection is always a secret, so counting it would hide the output of every remote command.
const secretFrom = ["create", "update", "delete", "triggers", "environment", "stdin"];
const outputs = {
  stdout: { type: "string", output: true, secretFrom },
  stderr: { type: "string", output: true, secretFrom },
} satisfies PropertyTable;

const remoteCommand = commandResource("command:remote:Command", runRemote, {
  ...common,
  connection: { type: "object", required: true, secret: true, fields: connectionFields },
  ...outputs,
});

const localCommand = commandResource("command:local:Command", runLocal, {
  ...common,
  dir: { type: "string" },
  interpreter: { type: "array" },
  ...outputs,
});

/** `Command` of both kinds, without the local one's assets and archives. */
export const commandProvider: ProviderDefinition = { version: "1.2.1", resources: [remoteCommand, localCommand] };

function commandResource(token: string, run: CommandRun, properties: PropertyTable) {
  return defineResource<CommandInputs, CommandOutputs>({
    token,
    properties,
    async create(inputs, context) {
      const streams = await runOrSkip(run, inputs.create, inputs, { stdout: "", stderr: "" }, context);
      return { id: `${context.name}${randomBytes(4).toString("hex")}`, outs: { ...inputs, ...streams } };
    },
    async update(_id, olds, news, context) {
      return { ...news, ...(await runOrSkip(run, news.update ?? news.create, news, olds, context)) };
    },
    async delete(_id, state, context) {
      await runOrSkip(run, state.delete, state, state, context);
    },
  });
}

/** Runs one of a resource's commands; without one the streams stay as they were. */
async function runOrSkip(
  run: CommandRun,
  command: string | undefined,
  inputs: CommandInputs,
  previous: CommandStreams,
  { signal }: CallContext,
): Promise<CommandStreams> {
  const { stdout, stderr } = previous;
  if (command === undefined) return { stdout, stderr };
  const isTold = inputs.addPreviousOutputInEnv ?? true;
  const before = {
    ...(isTold && stdout ? { PULUMI_COMMAND_STDOUT: stdout } : {}),
    ...(isTold && stderr ? { PULUMI_COMMAND_STDERR: stderr } : {}),
  };
  const end = await run(command, inputs, before, signal);
  if (end.failure) throw new Error(`${end.failure}: running ${JSON.stringify(command)}:\n${end.stdout}${end.stderr}`);
  return { stdout: end.stdout.replace(/\n$/, ""), stderr: end.stderr.replace(/\n$/, "") };
}
