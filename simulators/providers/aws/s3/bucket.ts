import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
} from "@aws-sdk/client-s3";
import { defineResource } from "../../shared/provider.ts";
import { s3 } from "../clients.ts";
import {
  arnProperty,
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
  bucket: string;
  forceDestroy: boolean;
  region?: string | undefined;
  tags?: Tags | undefined;
}

interface Outputs extends Inputs {
  arn: string;
  bucketDomainName: string;
  bucketRegionalDomainName: string;
  tagsAll: Tags;
}

const gone = ["NotFound", "NoSuchBucket"];
/** Separate resources do these, or nobody. */
const unused = [
  "accelerationStatus",
  "acl",
  "bucketNamespace",
  "bucketPrefix",
  "corsRules",
  "grants",
  "lifecycleRules",
  "logging",
  "objectLockConfiguration",
  "objectLockEnabled",
  "policy",
  "replicationConfiguration",
  "requestPayer",
  "serverSideEncryptionConfiguration",
  "versioning",
  "website",
];

/** A bucket; its id is its name. */
export const bucket = defineResource<Inputs, Outputs>({
  token: "aws:s3/bucket:Bucket",
  properties: {
    ...regionProperty,
    ...tagProperties,
    ...arnProperty,
    ...ignoredProperties(unused),
    bucket: { type: "string", required: true, replaces: true },
    bucketDomainName: { type: "string", output: true },
    bucketRegionalDomainName: { type: "string", output: true },
    forceDestroy: { type: "boolean", default: false },
  },
  rules: (inputs) => notStoodIn(inputs, unused),

  async create(inputs) {
    const region = regionOf(inputs.region);
    const command = new CreateBucketCommand({
      Bucket: inputs.bucket,
      ...(region === "us-east-1"
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } }),
    });
    await vendorCall(`creating S3 Bucket (${inputs.bucket})`, "S3: CreateBucket", s3(region).send(command));
    await putTags(inputs.bucket, inputs);
    return { id: inputs.bucket, outs: await existing(inputs.bucket, inputs) };
  },

  async read(id, state) {
    return find(id, state);
  },

  async update(id, _olds, news) {
    await putTags(id, news);
    return existing(id, news);
  },

  async delete(id, { region, forceDestroy }) {
    if (forceDestroy) await unlessGone(gone, empty(id, region));
    const sent = s3(region).send(new DeleteBucketCommand({ Bucket: id }));
    await unlessGone(gone, vendorCall(`deleting S3 Bucket (${id})`, "S3: DeleteBucket", sent));
  },
});

async function putTags(Bucket: string, { region, tags = {} }: Inputs): Promise<void> {
  const command = new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tagList(tags) } });
  await vendorCall(`setting S3 Bucket (${Bucket}) tags`, "S3: PutBucketTagging", s3(region).send(command));
}

async function empty(Bucket: string, region: string | undefined): Promise<void> {
  const { Contents = [] } = await s3(region).send(new ListObjectsV2Command({ Bucket }));
  const Objects = Contents.map(({ Key }) => ({ Key: Key ?? "" }));
  if (Objects.length === 0) return;
  const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects } });
  await vendorCall(`emptying S3 Bucket (${Bucket})`, "S3: DeleteObjects", s3(region).send(command));
  await empty(Bucket, region);
}

async function find(id: string, asked: Partial<Inputs>): Promise<Outputs | undefined> {
  const client = s3(asked.region);
  const region = regionOf(asked.region);
  const there = vendorCall(
    `reading S3 Bucket (${id})`,
    "S3: HeadBucket",
    client.send(new HeadBucketCommand({ Bucket: id })),
  );
  if (!(await unlessGone(gone, there))) return undefined;
  const tags = await unlessGone(["NoSuchTagSet"], client.send(new GetBucketTaggingCommand({ Bucket: id })));
  return {
    region,
    arn: `arn:aws:s3:::${id}`,
    bucket: id,
    bucketDomainName: `${id}.s3.amazonaws.com`,
    bucketRegionalDomainName: `${id}.s3.${region}.amazonaws.com`,
    forceDestroy: asked.forceDestroy ?? false,
    ...tagOutputs(tags?.TagSet as { Key: string; Value: string }[] | undefined, asked.tags),
  };
}

function existing(id: string, asked: Inputs): Promise<Outputs> {
  return mustExist(`S3 Bucket (${id})`, find(id, asked));
}
