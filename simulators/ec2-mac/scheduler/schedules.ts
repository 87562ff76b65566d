import { z } from "zod";
import { ACCOUNT_ID } from "../context.ts";
import type { RestCall, RestOperation } from "../rest.ts";
import { conflict, notFound, page, readBody, validation } from "./answers.ts";
import { planNext } from "./engine.ts";
import { parseExpression } from "./expressions.ts";
import { DEFAULT_GROUP, existingGroup, nameOf } from "./groups.ts";
import type { Schedule, SchedulerState } from "./state.ts";
import { readTarget } from "./targets.ts";

/** A start or one-time schedule may be this far in the past. */
const PAST_MS = 5 * 60_000;

/** Dates come as seconds. */
const date = z.number().transform((seconds) => seconds * 1000);
const scheduleSchema = z.object({
  GroupName: z.string().default(DEFAULT_GROUP),
  ScheduleExpression: z.string().min(1).max(256),
  ScheduleExpressionTimezone: z.literal("UTC", "the simulator knows only UTC").default("UTC"),
  StartDate: date.optional(),
  EndDate: date.optional(),
  Description: z.string().max(512).optional(),
  State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  ActionAfterCompletion: z.enum(["NONE", "DELETE"]).default("NONE"),
  FlexibleTimeWindow: z.looseObject({ Mode: z.enum(["OFF", "FLEXIBLE"]) }),
  Target: z.looseObject({
    Arn: z.string(),
    RoleArn: z.string().regex(/^arn:aws:iam::\d{12}:role\/.+$/, "Provided RoleArn is not in correct format"),
    Input: z.string().min(1).optional(),
  }),
  ClientToken: z.string().min(1).max(64).optional(),
});
type ScheduleRequest = z.infer<typeof scheduleSchema>;

/** The operations on schedules. `changed` is told when their times may be others. */
export function scheduleOperations(state: SchedulerState, changed: () => void): RestOperation[] {
  return [
    {
      name: "CreateSchedule",
      method: "POST",
      path: "/schedules/{Name}",
      run: (call) => ({ body: { ScheduleArn: arnOf(create(state, call, changed)) } }),
    },
    {
      name: "UpdateSchedule",
      method: "PUT",
      path: "/schedules/{Name}",
      run: (call) => ({ body: { ScheduleArn: arnOf(update(state, call, changed)) } }),
    },
    {
      name: "GetSchedule",
      method: "GET",
      path: "/schedules/{Name}",
      run: (call) => ({ body: describe(existing(state, call, groupInQuery(call))) }),
    },
    {
      name: "DeleteSchedule",
      method: "DELETE",
      path: "/schedules/{Name}",
      run: (call) => {
        const schedule = existing(state, call, groupInQuery(call));
        state.schedules = state.schedules.filter((item) => item !== schedule);
        changed();
        return { body: {} };
      },
    },
    { name: "ListSchedules", method: "GET", path: "/schedules", run: (call) => list(state, call) },
  ];
}

function create(state: SchedulerState, call: RestCall, changed: () => void): Schedule {
  const name = nameOf(call.params);
  const request = readBody(scheduleSchema, call.body);
  existingGroup(state, call.region, request.GroupName);
  const earlier = find(state, call.region, request.GroupName, name);
  if (earlier && request.ClientToken !== undefined && earlier.clientToken === request.ClientToken) return earlier;
  if (earlier) throw conflict(`Schedule ${name} already exists.`);
  check(request, call.now);
  const schedule = { region: call.region, name, createdAt: call.now, ...wanted(request, call.now) };
  planNext(schedule);
  state.schedules.push(schedule);
  changed();
  return schedule;
}

/** Replaces all that the schedule was: what is not given goes back to its default. */
function update(state: SchedulerState, call: RestCall, changed: () => void): Schedule {
  const request = readBody(scheduleSchema, call.body);
  const { region, name, createdAt } = existing(state, call, request.GroupName);
  check(request, call.now);
  const schedule = { region, name, createdAt, ...wanted(request, call.now) };
  planNext(schedule);
  state.schedules = state.schedules.map((item) => (isIt(item, region, schedule.group, name) ? schedule : item));
  changed();
  return schedule;
}

function list(state: SchedulerState, { region, query }: RestCall) {
  const group = query.get("ScheduleGroup");
  if (group !== null) existingGroup(state, region, group);
  const found = state.schedules
    .filter((item) => item.region === region && (group === null || item.group === group))
    .filter((item) => item.name.startsWith(query.get("NamePrefix") ?? ""))
    .filter((item) => item.state === (query.get("State") ?? item.state))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const { items, NextToken } = page(found, query);
  return { body: { Schedules: items.map(summarize), NextToken } };
}

function check(request: ScheduleRequest, now: number): void {
  const expression = parseExpression(request.ScheduleExpression);
  if (!expression) throw validation(`Invalid Schedule Expression ${request.ScheduleExpression}.`);
  if (expression.kind === "at" && expression.at < now - PAST_MS)
    throw validation(`Invalid Schedule Expression ${request.ScheduleExpression}. It is in the past.`);
  const { StartDate, EndDate } = request;
  if (StartDate !== undefined && StartDate < now - PAST_MS)
    throw validation("The StartDate you specify cannot be earlier than 5 minutes ago.");
  if (EndDate !== undefined && EndDate < Math.max(now, StartDate ?? now))
    throw validation("The EndDate you specify must be in the future and after the StartDate.");
  const target = readTarget(request.Target.Arn, request.Target.Input);
  if (typeof target === "string") throw validation(target);
}

function wanted(request: ScheduleRequest, now: number) {
  return {
    group: request.GroupName,
    expression: request.ScheduleExpression,
    startDate: request.StartDate,
    endDate: request.EndDate,
    description: request.Description,
    state: request.State,
    actionAfterCompletion: request.ActionAfterCompletion,
    target: request.Target,
    flexibleTimeWindow: request.FlexibleTimeWindow,
    clientToken: request.ClientToken,
    changedAt: now,
  };
}

function existing(state: SchedulerState, { region, params }: RestCall, group: string): Schedule {
  const name = nameOf(params);
  const schedule = find(state, region, group, name);
  if (!schedule) throw notFound(`Schedule ${name} does not exist.`);
  return schedule;
}

function find(state: SchedulerState, region: string, group: string, name: string): Schedule | undefined {
  return state.schedules.find((item) => isIt(item, region, group, name));
}

function isIt(schedule: Schedule, region: string, group: string, name: string): boolean {
  return schedule.region === region && schedule.group === group && schedule.name === name;
}

function groupInQuery({ query }: RestCall): string {
  return query.get("groupName") ?? DEFAULT_GROUP;
}

function arnOf({ region, group, name }: Schedule): string {
  return `arn:aws:scheduler:${region}:${ACCOUNT_ID}:schedule/${group}/${name}`;
}

function summarize(schedule: Schedule) {
  return {
    Arn: arnOf(schedule),
    Name: schedule.name,
    GroupName: schedule.group,
    State: schedule.state,
    CreationDate: schedule.createdAt / 1000,
    LastModificationDate: schedule.changedAt / 1000,
    Target: { Arn: schedule.target.Arn },
  };
}

function describe(schedule: Schedule) {
  return {
    ...summarize(schedule),
    Target: schedule.target,
    ScheduleExpression: schedule.expression,
    ScheduleExpressionTimezone: "UTC",
    StartDate: schedule.startDate === undefined ? undefined : schedule.startDate / 1000,
    EndDate: schedule.endDate === undefined ? undefined : schedule.endDate / 1000,
    Description: schedule.description,
    ActionAfterCompletion: schedule.actionAfterCompletion,
    FlexibleTimeWindow: schedule.flexibleTimeWindow,
  };
}
