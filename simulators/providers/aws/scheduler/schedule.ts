import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import type { PropertyTable } from "../../shared/properties.ts";
import { defineResource } from "../../shared/provider.ts";
import { scheduler } from "../clients.ts";
import {
  arnProperty,
  ignoredProperties,
  mustExist,
  notStoodIn,
  regionOf,
  regionProperty,
  unlessGone,
  vendorCall,
} from "../vendor.ts";

interface RetryPolicy {
  maximumEventAgeInSeconds?: number | undefined;
  maximumRetryAttempts?: number | undefined;
}

interface Inputs {
  actionAfterCompletion?: string | undefined;
  description?: string | undefined;
  endDate?: string | undefined;
  flexibleTimeWindow: { mode: string; maximumWindowInMinutes?: number };
  groupName: string;
  name: string;
  region?: string | undefined;
  scheduleExpression: string;
  scheduleExpressionTimezone: string;
  startDate?: string | undefined;
  state: string;
  target: { arn: string; roleArn: string; input?: string | undefined; retryPolicy?: RetryPolicy | undefined };
}

interface Outputs extends Inputs {
  arn: string;
}

const gone = ["ResourceNotFoundException"];
const unused = ["endDate", "kmsKeyArn", "namePrefix", "startDate"];
const unusedInTarget = [
  "deadLetterConfig",
  "ecsParameters",
  "eventbridgeParameters",
  "kinesisParameters",
  "sagemakerPipelineParameters",
  "sqsParameters",
];

const properties: PropertyTable = {
  ...regionProperty,
  ...arnProperty,
  ...ignoredProperties(unused),
  actionAfterCompletion: { type: "string", computed: true, oneOf: ["NONE", "DELETE"] },
  description: { type: "string" },
  flexibleTimeWindow: {
    type: "object",
    required: true,
    fields: {
      mode: { type: "string", required: true, oneOf: ["OFF", "FLEXIBLE"] },
      maximumWindowInMinutes: { type: "number" },
    },
  },
  groupName: { type: "string", default: "default", replaces: true },
  name: { type: "string", required: true, replaces: true },
  scheduleExpression: { type: "string", required: true },
  scheduleExpressionTimezone: { type: "string", default: "UTC" },
  state: { type: "string", default: "ENABLED", oneOf: ["ENABLED", "DISABLED"] },
  target: {
    type: "object",
    required: true,
    fields: {
      ...ignoredProperties(unusedInTarget),
      arn: { type: "string", required: true },
      roleArn: { type: "string", required: true },
      input: { type: "string" },
      retryPolicy: {
        type: "object",
        fields: { maximumEventAgeInSeconds: { type: "number" }, maximumRetryAttempts: { type: "number" } },
      },
    },
    same: sameTarget,
  },
};

/** A schedule; its id is `group/name`. */
export const schedule = defineResource<Inputs, Outputs>({
  token: "aws:scheduler/schedule:Schedule",
  properties,
  rules: (inputs) => [
    ...notStoodIn(inputs, unused),
    ...notStoodIn(Object(inputs.target) as Record<string, unknown>, unusedInTarget),
  ],

  async create(inputs) {
    const { name, groupName, region } = inputs;
    const id = `${groupName}/${name}`;
    const command = new CreateScheduleCommand(request(inputs));
    const doing = `creating EventBridge Scheduler Schedule (${id})`;
    await vendorCall(doing, "Scheduler: CreateSchedule", scheduler(region).send(command));
    return { id, outs: await existing(id, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, _olds, news) {
    const command = new UpdateScheduleCommand(request(news));
    const doing = `updating EventBridge Scheduler Schedule (${id})`;
    await vendorCall(doing, "Scheduler: UpdateSchedule", scheduler(news.region).send(command));
    return existing(id, news);
  },

  async delete(id, { name, groupName, region }) {
    const sent = scheduler(region).send(new DeleteScheduleCommand({ Name: name, GroupName: groupName }));
    const doing = `deleting EventBridge Scheduler Schedule (${id})`;
    await unlessGone(gone, vendorCall(doing, "Scheduler: DeleteSchedule", sent));
  },
});

/** Create and update take the same; an update sets everything anew. */
function request(inputs: Inputs): CreateScheduleCommandInput {
  const { flexibleTimeWindow: window, target } = inputs;
  const { retryPolicy: retry } = target;
  return {
    Name: inputs.name,
    GroupName: inputs.groupName,
    Description: inputs.description,
    ScheduleExpression: inputs.scheduleExpression,
    ScheduleExpressionTimezone: inputs.scheduleExpressionTimezone,
    State: inputs.state as "ENABLED",
    FlexibleTimeWindow: { Mode: window.mode as "OFF", MaximumWindowInMinutes: window.maximumWindowInMinutes },
    Target: {
      Arn: target.arn,
      RoleArn: target.roleArn,
      Input: target.input,
      ...(retry && {
        RetryPolicy: {
          MaximumEventAgeInSeconds: retry.maximumEventAgeInSeconds,
          MaximumRetryAttempts: retry.maximumRetryAttempts,
        },
      }),
    },
    ...(inputs.actionAfterCompletion ? { ActionAfterCompletion: inputs.actionAfterCompletion as "NONE" } : {}),
  };
}

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const [groupName = "", name = ""] = id.split("/");
  const sent = scheduler(asked.region).send(new GetScheduleCommand({ Name: name, GroupName: groupName }));
  const doing = `reading EventBridge Scheduler Schedule (${id})`;
  const found = await unlessGone(gone, vendorCall(doing, "Scheduler: GetSchedule", sent));
  return found && outputs(found, asked);
}

function outputs(found: GetScheduleCommandOutput, asked: Partial<Inputs>): Outputs {
  const { FlexibleTimeWindow: window, Target: target } = found;
  const retry = target?.RetryPolicy;
  return {
    region: regionOf(asked.region),
    arn: found.Arn ?? "",
    name: found.Name ?? "",
    groupName: found.GroupName ?? "default",
    description: found.Description || undefined,
    scheduleExpression: found.ScheduleExpression ?? "",
    scheduleExpressionTimezone: found.ScheduleExpressionTimezone ?? "UTC",
    state: found.State ?? "ENABLED",
    actionAfterCompletion: found.ActionAfterCompletion ?? asked.actionAfterCompletion,
    flexibleTimeWindow: {
      mode: window?.Mode ?? "OFF",
      ...(window?.MaximumWindowInMinutes ? { maximumWindowInMinutes: window.MaximumWindowInMinutes } : {}),
    },
    target: {
      arn: target?.Arn ?? "",
      roleArn: target?.RoleArn ?? "",
      input: target?.Input,
      retryPolicy: retry && {
        maximumEventAgeInSeconds: retry.MaximumEventAgeInSeconds,
        maximumRetryAttempts: retry.MaximumRetryAttempts,
      },
    },
  };
}

/** What the program leaves out of a target, the service fills in. */
function sameTarget(before: unknown, after: unknown): boolean {
  const [was, is] = [before, after] as Inputs["target"][];
  if (!was || !is) return was === is;
  const { retryPolicy } = is;
  return (
    was.arn === is.arn &&
    was.roleArn === is.roleArn &&
    was.input === is.input &&
    (["maximumEventAgeInSeconds", "maximumRetryAttempts"] as const).every(
      (key) => retryPolicy?.[key] === undefined || retryPolicy[key] === was.retryPolicy?.[key],
    )
  );
}

function existing(id: string, asked: Inputs): Promise<Outputs> {
  return mustExist(`EventBridge Scheduler Schedule (${id})`, find(id, asked));
}
