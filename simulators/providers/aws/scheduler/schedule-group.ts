import {
  CreateScheduleGroupCommand,
  DeleteScheduleGroupCommand,
  GetScheduleGroupCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-scheduler";
import { defineResource } from "../../shared/provider.ts";
import { scheduler } from "../clients.ts";
import {
  arnProperty,
  changeTags,
  ignoredProperties,
  mustExist,
  notStoodIn,
  regionOf,
  regionProperty,
  type Tags,
  tagList,
  tagOutputs,
  tagProperties,
  unlessGone,
  vendorCall,
} from "../vendor.ts";

interface Inputs {
  name: string;
  region?: string | undefined;
  tags?: Tags | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  state: string;
  tagsAll: Tags;
}

const gone = ["ResourceNotFoundException"];
const unused = ["namePrefix"];

/** A group of schedules; its id is its name. Its end takes its schedules with it. */
export const scheduleGroup = defineResource<Inputs, Outputs>({
  token: "aws:scheduler/scheduleGroup:ScheduleGroup",
  properties: {
    ...regionProperty,
    ...tagProperties,
    ...arnProperty,
    ...ignoredProperties(unused),
    name: { type: "string", required: true, replaces: true },
    state: { type: "string", output: true },
  },
  rules: (inputs) => notStoodIn(inputs, unused),

  async create(inputs) {
    const { name, region, tags } = inputs;
    const command = new CreateScheduleGroupCommand({ Name: name, ...(tags ? { Tags: tagList(tags) } : {}) });
    const doing = `creating EventBridge Scheduler Schedule Group (${name})`;
    await vendorCall(doing, "Scheduler: CreateScheduleGroup", scheduler(region).send(command));
    return { id: name, outs: await existing(name, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, olds, news) {
    const client = scheduler(news.region);
    await changeTags(olds.tagsAll, news.tags, {
      tag: (tags) => client.send(new TagResourceCommand({ ResourceArn: olds.arn, Tags: tags })),
      untag: (TagKeys) => client.send(new UntagResourceCommand({ ResourceArn: olds.arn, TagKeys })),
    });
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = scheduler(region).send(new DeleteScheduleGroupCommand({ Name: id }));
    const doing = `deleting EventBridge Scheduler Schedule Group (${id})`;
    await unlessGone(gone, vendorCall(doing, "Scheduler: DeleteScheduleGroup", sent));
  },
});

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const client = scheduler(asked.region);
  const sent = client.send(new GetScheduleGroupCommand({ Name: id }));
  const doing = `reading EventBridge Scheduler Schedule Group (${id})`;
  const found = await unlessGone(gone, vendorCall(doing, "Scheduler: GetScheduleGroup", sent));
  if (!found || found.State === "DELETING") return undefined;
  const { Tags: tags } = await client.send(new ListTagsForResourceCommand({ ResourceArn: found.Arn }));
  return {
    region: regionOf(asked.region),
    arn: found.Arn ?? "",
    name: found.Name ?? "",
    state: found.State ?? "",
    ...tagOutputs(tags as { Key: string; Value: string }[] | undefined, asked.tags),
  };
}

function existing(id: string, asked: Inputs): Promise<Outputs> {
  return mustExist(`EventBridge Scheduler Schedule Group (${id})`, find(id, asked));
}
