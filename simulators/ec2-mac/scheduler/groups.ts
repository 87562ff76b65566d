import { z } from "zod";
import { ACCOUNT_ID } from "../context.ts";
import { RestError, type RestOperation } from "../rest.ts";
import { conflict, notFound, page, readBody, validation } from "./answers.ts";
import type { ScheduleGroup, SchedulerState } from "./state.ts";

/** Every region has this one, and it cannot be deleted. */
export const DEFAULT_GROUP = "default";

const tagListSchema = z.array(z.object({ Key: z.string(), Value: z.string() })).default([]);
const createSchema = z.object({ Tags: tagListSchema, ClientToken: z.string().optional() });

/** The operations on groups of schedules, and on their tags. */
export function groupOperations(state: SchedulerState): RestOperation[] {
  return [
    {
      name: "CreateScheduleGroup",
      method: "POST",
      path: "/schedule-groups/{Name}",
      run: ({ region, now, params, body }) => {
        const name = nameOf(params);
        if (findGroup(state, region, name)) throw conflict(`Schedule group ${name} already exists.`);
        const { Tags } = readBody(createSchema, body);
        const group = {
          region,
          name,
          tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
          createdAt: now,
        };
        state.groups.push(group);
        return { body: { ScheduleGroupArn: groupArn(group) } };
      },
    },
    {
      name: "GetScheduleGroup",
      method: "GET",
      path: "/schedule-groups/{Name}",
      run: ({ region, params }) => ({ body: describe(existingGroup(state, region, nameOf(params))) }),
    },
    {
      name: "DeleteScheduleGroup",
      method: "DELETE",
      path: "/schedule-groups/{Name}",
      run: ({ region, params }) => {
        const group = existingGroup(state, region, nameOf(params));
        if (group.name === DEFAULT_GROUP) throw validation("The default schedule group cannot be deleted.");
        state.groups = state.groups.filter((item) => item !== group);
        state.schedules = state.schedules.filter((item) => item.region !== region || item.group !== group.name);
        return { body: {} };
      },
    },
    {
      name: "ListScheduleGroups",
      method: "GET",
      path: "/schedule-groups",
      run: ({ region, query }) => {
        const all = [defaultGroup(region), ...state.groups.filter((group) => group.region === region)];
        const named = all.filter((group) => group.name.startsWith(query.get("NamePrefix") ?? ""));
        const { items, NextToken } = page(named, query);
        return { body: { ScheduleGroups: items.map(describe), NextToken } };
      },
    },
    {
      name: "ListTagsForResource",
      method: "GET",
      path: "/tags/{Arn+}",
      run: ({ region, params }) => {
        const { tags } = groupOfArn(state, region, params.Arn);
        return { body: { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } };
      },
    },
    {
      name: "TagResource",
      method: "POST",
      path: "/tags/{Arn+}",
      run: ({ region, params, body }) => {
        const { Tags } = readBody(createSchema, body);
        const { tags } = groupOfArn(state, region, params.Arn);
        for (const { Key, Value } of Tags) tags[Key] = Value;
        return { body: {} };
      },
    },
    {
      name: "UntagResource",
      method: "DELETE",
      path: "/tags/{Arn+}",
      run: ({ region, params, query }) => {
        const { tags } = groupOfArn(state, region, params.Arn);
        for (const key of query.getAll("TagKeys")) delete tags[key];
        return { body: {} };
      },
    },
  ];
}

/** The group, the default one included. @throws RestError when there is none */
export function existingGroup(state: SchedulerState, region: string, name: string): ScheduleGroup {
  const group = findGroup(state, region, name);
  if (!group) throw notFound(`Schedule group ${name} does not exist.`);
  return group;
}

/** A name as the API takes it. @throws RestError `ValidationException` */
export function nameOf({ Name = "" }: Readonly<Record<string, string>>): string {
  if (/^[0-9a-zA-Z-_.]{1,64}$/.test(Name)) return Name;
  throw validation(
    `Value '${Name}' at 'name' failed to satisfy constraint: Member must satisfy [0-9a-zA-Z-_.]+ and have at most 64 characters`,
  );
}

function findGroup(state: SchedulerState, region: string, name: string): ScheduleGroup | undefined {
  if (name === DEFAULT_GROUP) return defaultGroup(region);
  return state.groups.find((group) => group.region === region && group.name === name);
}

function defaultGroup(region: string): ScheduleGroup {
  return { region, name: DEFAULT_GROUP, tags: {}, createdAt: 0 };
}

function groupOfArn(state: SchedulerState, region: string, arn = ""): ScheduleGroup {
  const name = /:schedule-group\/(.+)$/.exec(arn)?.[1];
  if (name === undefined) throw new RestError("ValidationException", 400, `${arn} is not the ARN of a schedule group`);
  return existingGroup(state, region, name);
}

function groupArn({ region, name }: ScheduleGroup): string {
  return `arn:aws:scheduler:${region}:${ACCOUNT_ID}:schedule-group/${name}`;
}

function describe(group: ScheduleGroup) {
  const CreationDate = group.createdAt / 1000;
  return { Arn: groupArn(group), Name: group.name, State: "ACTIVE", CreationDate, LastModificationDate: CreationDate };
}
