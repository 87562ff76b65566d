/** What a schedule may call here: two calls of EC2 as universal targets, and functions. */

/** The calls that this simulator can make, by the name in the target's ARN, with the list that each takes. */
const CALLS: Readonly<Record<string, { action: string; input: string; list: string }>> = {
  "ec2:terminateInstances": { action: "TerminateInstances", input: "InstanceIds", list: "InstanceId" },
  "ec2:releaseHosts": { action: "ReleaseHosts", input: "HostIds", list: "HostId" },
};

const UNIVERSAL = "arn:aws:scheduler:::aws-sdk:";

/** A target, read. */
export type Target = { kind: "function"; functionName: string } | { kind: "ec2"; form: URLSearchParams };

/** Reads a target; a text says what is wrong with it. */
export function readTarget(arn: string, input: string | undefined): Target | string {
  const functionName = /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:([A-Za-z0-9-_]+)$/.exec(arn)?.[1];
  if (functionName !== undefined) return { kind: "function", functionName };
  if (!arn.startsWith(UNIVERSAL)) return `Provided Arn is not in correct format. ${arn}`;
  const call = CALLS[arn.slice(UNIVERSAL.length)];
  if (!call)
    return `${arn} is not a supported service or action. (The simulator knows ${Object.keys(CALLS).join(", ")}.)`;
  const ids = idsOf(input, call.input);
  if (!ids) return `Invalid RequestJson provided. Reason: ${call.input} must be a list of ids and nothing else.`;
  const form = new URLSearchParams({ Action: call.action, Version: "2016-11-15" });
  ids.forEach((id, index) => {
    form.set(`${call.list}.${index + 1}`, id);
  });
  return { kind: "ec2", form };
}

function idsOf(input: string | undefined, name: string): string[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(input ?? "");
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || Object.keys(parsed).join() !== name) return undefined;
  const ids = (parsed as Record<string, unknown>)[name];
  const isList = Array.isArray(ids) && ids.length > 0 && ids.every((id) => typeof id === "string");
  return isList ? ids : undefined;
}
