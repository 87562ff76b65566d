import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { defineResource } from "../../shared/provider.ts";
import { s3 } from "../clients.ts";
import { regionOf, regionProperty, sameJson, unlessGone, vendorCall } from "../vendor.ts";

interface Inputs {
  bucket: string;
  policy: string;
  region?: string | undefined;
}

const gone = ["NoSuchBucket", "NoSuchBucketPolicy"];

/** Who may do what with a bucket; its id is the bucket's name. */
export const bucketPolicy = defineResource<Inputs, Inputs>({
  token: "aws:s3/bucketPolicy:BucketPolicy",
  properties: {
    ...regionProperty,
    bucket: { type: "string", required: true, replaces: true },
    policy: { type: "string", required: true, same: sameJson },
  },

  async create(inputs) {
    await put(inputs);
    return { id: inputs.bucket, outs: { ...inputs, region: regionOf(inputs.region) } };
  },

  async read(id, state) {
    const sent = s3(state.region).send(new GetBucketPolicyCommand({ Bucket: id }));
    const found = await unlessGone(gone, vendorCall(`reading S3 Bucket Policy (${id})`, "S3: GetBucketPolicy", sent));
    if (!found?.Policy) return undefined;
    const isAsTold = state.policy !== undefined && sameJson(found.Policy, told(state.policy));
    const policy = isAsTold && state.policy ? state.policy : found.Policy;
    return { region: regionOf(state.region), bucket: id, policy };
  },

  async update(_id, _olds, news) {
    await put(news);
    return { ...news, region: regionOf(news.region) };
  },

  async delete(id, { region }) {
    const sent = s3(region).send(new DeleteBucketPolicyCommand({ Bucket: id }));
    await unlessGone(gone, vendorCall(`deleting S3 Bucket Policy (${id})`, "S3: DeleteBucketPolicy", sent));
  },
});

async function put({ bucket: Bucket, policy, region }: Inputs): Promise<void> {
  const sent = s3(region).send(new PutBucketPolicyCommand({ Bucket, Policy: told(policy) }));
  await vendorCall(`putting S3 Bucket Policy (${Bucket})`, "S3: PutBucketPolicy", sent);
}

/** moto knows no conditions: what is denied under one it would deny to everybody, so it is not told of that. */
function told(policy: string): string {
  const document = JSON.parse(policy) as { Statement: { Effect: string; Condition?: object }[] };
  const isConditional = ({ Effect, Condition }: { Effect: string; Condition?: object }) =>
    Effect === "Deny" && Condition !== undefined;
  return JSON.stringify({ ...document, Statement: document.Statement.filter((each) => !isConditional(each)) });
}
