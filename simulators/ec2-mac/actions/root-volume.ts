import type { Action, ActionContext } from "../context.ts";
import { Ec2Error, instanceNotFound } from "../errors.ts";
import { matches, page } from "../filters.ts";
import { filtersOf, tagSpecification, text, texts } from "../query.ts";
import { instanceState, taskState } from "../rules.ts";
import { nextId, type RootVolumeTask } from "../state.ts";
import { draw, RANGES } from "../timings.ts";
import { once } from "../tokens.ts";
import type { XmlValue } from "../xml.ts";
import { tagSet } from "./tags.ts";

/** Puts a fresh root volume under a running Mac, which then boots again on the same host without a scrub. */
export const createReplaceRootVolumeTask: Action = (context, query) => {
  const instanceId = text(query, "InstanceId") ?? "";
  const instance = context.state.instances.find((item) => item.instanceId === instanceId);
  if (!instance) {
    if (instanceId.startsWith("i-")) return undefined;
    throw instanceNotFound(instanceId);
  }
  const [taskId] = once(context, query, () => {
    if (instanceState(instance, context.now) !== "running") {
      throw new Ec2Error("IncorrectInstanceState", `The instance '${instanceId}' is not in the 'running' state.`);
    }
    const task: RootVolumeTask = {
      taskId: nextId(context.state, "replacevol", context.seed),
      instanceId,
      region: context.region,
      imageId: text(query, "ImageId"),
      snapshotId: text(query, "SnapshotId"),
      deleteReplacedRootVolume: text(query, "DeleteReplacedRootVolume") === "true",
      tags: tagSpecification(query, "replace-root-volume-task"),
      fails: context.fault?.effect === "failed-task",
      ...times(context, instanceId),
    };
    context.state.tasks.push(task);
    return [task.taskId];
  });
  const task = context.state.tasks.find((item) => item.taskId === taskId);
  return { replaceRootVolumeTask: task ? renderTask(context, task) : undefined };
};

/** Root volume replacements by id or filter. */
export const describeReplaceRootVolumeTasks: Action = (context, query) => {
  const ids = texts(query, "ReplaceRootVolumeTaskId");
  const filters = filtersOf(query);
  const found = context.state.tasks
    .filter((task) => task.region === context.region && (ids.length === 0 || ids.includes(task.taskId)))
    .filter((task) => matches({ fields: { "instance-id": [task.instanceId] }, tags: task.tags }, filters));
  const { items, nextToken } = page(found, text(query, "MaxResults"), text(query, "NextToken"));
  return { replaceRootVolumeTaskSet: items.map((task) => renderTask(context, task)), nextToken };
};

function times({ now, seed }: ActionContext, instanceId: string) {
  const key = `${seed}/${instanceId}/${now}`;
  const runsFrom = now + 10_000;
  const endsAt = runsFrom + draw(RANGES.rootVolume, `${key}/root`) * 1000;
  return { startedAt: now, runsFrom, endsAt, bootedFrom: endsAt + draw(RANGES.boot, `${key}/boot`) * 1000 };
}

function renderTask({ now }: ActionContext, task: RootVolumeTask): XmlValue {
  return {
    replaceRootVolumeTaskId: task.taskId,
    instanceId: task.instanceId,
    taskState: taskState(task, now),
    startTime: new Date(task.startedAt).toISOString(),
    completeTime: now >= task.endsAt ? new Date(task.endsAt).toISOString() : undefined,
    tagSet: tagSet(task.tags),
    imageId: task.imageId,
    snapshotId: task.snapshotId,
    deleteReplacedRootVolume: task.deleteReplacedRootVolume,
  };
}
