import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { defineResource } from "../../shared/provider.ts";
import { s3 } from "../clients.ts";
import { ignoredProperties, notStoodIn, regionOf, regionProperty, unlessGone, vendorCall } from "../vendor.ts";

interface Inputs {
  blockPublicAcls: boolean;
  blockPublicPolicy: boolean;
  bucket: string;
  ignorePublicAcls: boolean;
  region?: string | undefined;
  restrictPublicBuckets: boolean;
}

const gone = ["NoSuchBucket", "NoSuchPublicAccessBlockConfiguration"];
const unused = ["skipDestroy"];

/** Keeps a bucket from ever being public; its id is the bucket's name. */
export const bucketPublicAccessBlock = defineResource<Inputs, Inputs>({
  token: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  properties: {
    ...regionProperty,
    ...ignoredProperties(unused),
    blockPublicAcls: { type: "boolean", default: false },
    blockPublicPolicy: { type: "boolean", default: false },
    bucket: { type: "string", required: true, replaces: true },
    ignorePublicAcls: { type: "boolean", default: false },
    restrictPublicBuckets: { type: "boolean", default: false },
  },
  rules: (inputs) => notStoodIn(inputs, unused),

  async create(inputs) {
    await put(inputs);
    return { id: inputs.bucket, outs: { ...inputs, region: regionOf(inputs.region) } };
  },

  async read(id, state) {
    const sent = s3(state.region).send(new GetPublicAccessBlockCommand({ Bucket: id }));
    const doing = `reading S3 Bucket Public Access Block (${id})`;
    const answer = await unlessGone(gone, vendorCall(doing, "S3: GetPublicAccessBlock", sent));
    const found = answer?.PublicAccessBlockConfiguration;
    return (
      found && {
        region: regionOf(state.region),
        bucket: id,
        blockPublicAcls: found.BlockPublicAcls ?? false,
        blockPublicPolicy: found.BlockPublicPolicy ?? false,
        ignorePublicAcls: found.IgnorePublicAcls ?? false,
        restrictPublicBuckets: found.RestrictPublicBuckets ?? false,
      }
    );
  },

  async update(_id, _olds, news) {
    await put(news);
    return { ...news, region: regionOf(news.region) };
  },

  async delete(id, { region }) {
    const sent = s3(region).send(new DeletePublicAccessBlockCommand({ Bucket: id }));
    const doing = `deleting S3 Bucket Public Access Block (${id})`;
    await unlessGone(gone, vendorCall(doing, "S3: DeletePublicAccessBlock", sent));
  },
});

async function put(inputs: Inputs): Promise<void> {
  const command = new PutPublicAccessBlockCommand({
    Bucket: inputs.bucket,
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: inputs.blockPublicAcls,
      BlockPublicPolicy: inputs.blockPublicPolicy,
      IgnorePublicAcls: inputs.ignorePublicAcls,
      RestrictPublicBuckets: inputs.restrictPublicBuckets,
    },
  });
  const doing = `creating S3 Bucket Public Access Block (${inputs.bucket})`;
  await vendorCall(doing, "S3: PutPublicAccessBlock", s3(inputs.region).send(command));
}
