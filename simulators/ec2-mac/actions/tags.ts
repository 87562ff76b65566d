import { type Action, type ActionContext, forwardOthers } from "../context.ts";
import { matches } from "../filters.ts";
import { filtersOf, list, type QueryNode, tagsOf, text, texts } from "../query.ts";
import { innerXml, RawXml, type XmlValue } from "../xml.ts";

/** A tag map as EC2 lists it. */
export function tagSet(tags: Readonly<Record<string, string>>): XmlValue {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** Puts tags on hosts and Mac instances here, and on the rest at moto. */
export const createTags: Action = async (context, query) => {
  const added = tagsOf(list(query, "Tag"));
  await forwardOthers(context, "ResourceId", (id) => taggedIds(context).has(id));
  for (const thing of named(context, query)) Object.assign(thing.tags, added);
  return { return: true };
};

/** Takes tags off; a tag given with a value goes only when it has that value. */
export const deleteTags: Action = async (context, query) => {
  await forwardOthers(context, "ResourceId", (id) => taggedIds(context).has(id));
  for (const thing of named(context, query)) {
    for (const tag of list(query, "Tag")) {
      const key = text(tag, "Key") ?? "";
      const value = text(tag, "Value");
      if (value === undefined || thing.tags[key] === value) delete thing.tags[key];
    }
  }
  return { return: true };
};

/** All tags in the region: ours, then moto's. */
export const describeTags: Action = async (context, query) => {
  const filters = filtersOf(query);
  const ours = tagged(context).flatMap(({ id, resourceType, tags }) =>
    Object.entries(tags)
      .map(([key, value]) => ({ resourceId: id, resourceType, key, value }))
      .filter((tag) => matches({ fields: filterFields(tag), tags: { [tag.key]: tag.value } }, filters)),
  );
  const others = innerXml(await context.forward(context.form), "tagSet");
  return { tagSet: [...ours, new RawXml(others)] };
};

interface Tagged {
  id: string;
  resourceType: string;
  tags: Record<string, string>;
}

function tagged({ state, region }: ActionContext): Tagged[] {
  const here = <T extends { region: string }>(things: T[]) => things.filter((thing) => thing.region === region);
  return [
    ...here(state.hosts).map(({ hostId, tags }) => ({ id: hostId, resourceType: "dedicated-host", tags })),
    ...here(state.instances).map(({ instanceId, tags }) => ({ id: instanceId, resourceType: "instance", tags })),
    ...here(state.tasks).map(({ taskId, tags }) => ({ id: taskId, resourceType: "replace-root-volume-task", tags })),
  ];
}

function taggedIds(context: ActionContext): Set<string> {
  return new Set(tagged(context).map(({ id }) => id));
}

function named(context: ActionContext, query: QueryNode): Tagged[] {
  const ids = texts(query, "ResourceId");
  return tagged(context).filter(({ id }) => ids.includes(id));
}

function filterFields(tag: { resourceId: string; resourceType: string; key: string; value: string }) {
  return {
    key: [tag.key],
    value: [tag.value],
    "resource-id": [tag.resourceId],
    "resource-type": [tag.resourceType],
  };
}
