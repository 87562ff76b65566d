import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  ListTagsForResourceCommand,
  type ParameterType,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
} from "@aws-sdk/client-ssm";
import { defineResource } from "../../shared/provider.ts";
import { ssm } from "../clients.ts";
import {
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
  description?: string | undefined;
  name: string;
  region?: string | undefined;
  tags?: Tags | undefined;
  type: string;
  value: string;
}

interface Outputs extends Inputs {
  arn: string;
  version: number;
  tagsAll: Tags;
}

const gone = ["ParameterNotFound"];
const unused = [
  "allowedPattern",
  "dataType",
  "insecureValue",
  "keyId",
  "overwrite",
  "tier",
  "valueWo",
  "valueWoVersion",
];

/** A parameter; its id is its name, its value a secret. */
export const parameter = defineResource<Inputs, Outputs>({
  token: "aws:ssm/parameter:Parameter",
  properties: {
    ...regionProperty,
    ...tagProperties,
    ...ignoredProperties(unused),
    arn: { type: "string", computed: true },
    description: { type: "string" },
    name: { type: "string", required: true, replaces: true },
    type: { type: "string", required: true, oneOf: ["String", "StringList", "SecureString"] },
    value: { type: "string", required: true, secret: true },
    version: { type: "number", output: true },
  },
  rules: (inputs) => notStoodIn(inputs, unused),

  async create(inputs) {
    await put(inputs, false);
    return { id: inputs.name, outs: await existing(inputs.name, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, olds, news) {
    const isSame = olds.value === news.value && olds.type === news.type && olds.description === news.description;
    if (!isSame) await put(news, true);
    const resource = { ResourceType: "Parameter", ResourceId: id } as const;
    await changeTags(olds.tagsAll, news.tags, {
      tag: (tags) => ssm(news.region).send(new AddTagsToResourceCommand({ ...resource, Tags: tags })),
      untag: (TagKeys) => ssm(news.region).send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys })),
    });
    return existing(id, news);
  },

  async delete(id, { region }) {
    const sent = ssm(region).send(new DeleteParameterCommand({ Name: id }));
    await unlessGone(gone, vendorCall(`deleting SSM Parameter (${id})`, "SSM: DeleteParameter", sent));
  },
});

/** SSM takes tags only with a new parameter. */
async function put({ name, type, value, description, tags, region }: Inputs, Overwrite: boolean): Promise<void> {
  const command = new PutParameterCommand({
    Name: name,
    Type: type as ParameterType,
    Value: value,
    Description: description,
    Overwrite,
    ...(tags && !Overwrite ? { Tags: tagList(tags) } : {}),
  });
  await vendorCall(`creating SSM Parameter (${name})`, "SSM: PutParameter", ssm(region).send(command));
}

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const client = ssm(asked.region);
  const sent = client.send(new GetParameterCommand({ Name: id, WithDecryption: true }));
  const found = (await unlessGone(gone, vendorCall(`reading SSM Parameter (${id})`, "SSM: GetParameter", sent)))
    ?.Parameter;
  if (!found) return undefined;
  const Filters = [{ Key: "Name", Option: "Equals", Values: [id] }];
  const { Parameters } = await client.send(new DescribeParametersCommand({ ParameterFilters: Filters }));
  const resource = { ResourceType: "Parameter", ResourceId: id } as const;
  const { TagList } = await client.send(new ListTagsForResourceCommand(resource));
  return {
    region: regionOf(asked.region),
    arn: found.ARN ?? "",
    name: found.Name ?? "",
    type: found.Type ?? "",
    value: found.Value ?? "",
    version: found.Version ?? 0,
    description: Parameters?.[0]?.Description || undefined,
    ...tagOutputs(TagList as { Key: string; Value: string }[] | undefined, asked.tags),
  };
}

function existing(id: string, asked: Inputs): Promise<Outputs> {
  return mustExist(`SSM Parameter (${id})`, find(id, asked));
}
