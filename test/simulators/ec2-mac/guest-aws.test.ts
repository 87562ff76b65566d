import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { formatAnswer } from "../../../simulators/ec2-mac/guest/aws-output.ts";
import { type MacWorld, skip, startMacWorld } from "./guest.ts";

const tasks = {
  Tasks: [
    { Id: "a", State: "succeeded", At: "2026-01-02" },
    { Id: "b", State: "failed", At: "2026-01-04" },
    { Id: "c", State: "succeeded", At: "2026-01-03" },
  ],
};
const queries: { query: string | undefined; output: string; printed: string }[] = [
  { query: "Tasks[0].Id", output: "text", printed: "a\n" },
  { query: "Tasks[].Id", output: "text", printed: "a\tb\tc\n" },
  { query: "Tasks[?State=='succeeded'].At", output: "text", printed: "2026-01-02\t2026-01-03\n" },
  { query: "Tasks[?State==`failed`].At | [0]", output: "text", printed: "2026-01-04\n" },
  { query: "max_by(Tasks[?State=='succeeded'], &At).Id", output: "text", printed: "c\n" },
  { query: "sort_by(Tasks, &At)[-1].Id", output: "text", printed: "b\n" },
  { query: "Tasks[].[Id, State]", output: "text", printed: "a\tsucceeded\nb\tfailed\nc\tsucceeded\n" },
  { query: "Missing.Value", output: "text", printed: "None\n" },
  { query: "Tasks[0].Id", output: "json", printed: '"a"\n' },
];
for (const { query, output, printed } of queries) {
  test(`--query ${query} --output ${output}`, () => equal(formatAnswer(tasks, query, output), printed));
}

describe("aws on a Mac", { skip }, () => {
  let world: MacWorld;
  let id: string;
  before(async () => {
    world = await startMacWorld();
    id = await world.launch("aws", "#!/bin/bash\n");
  });
  after(() => world?.close());

  const run = async (script: string) => world.guests.run(id, `PATH=/usr/local/bin:$PATH\n${script}`);

  test("takes a parameter once: afterwards there is none", async () => {
    const ssm = new SSMClient({ region: "us-west-2" });
    await ssm.send(new PutParameterCommand({ Name: "/fleet/credential", Value: "s3cret", Type: "SecureString" }));
    ssm.destroy();
    const get =
      "aws ssm get-parameter --name /fleet/credential --with-decryption --query Parameter.Value --output text --region us-west-2";
    deepEqual(await run(get), { exitCode: 0, output: "s3cret\n" });
    deepEqual(await run("aws ssm delete-parameter --name /fleet/credential"), { exitCode: 0, output: "" });
    const { exitCode, output } = await run(get);
    equal(exitCode, 254);
    match(output, /\(ParameterNotFound\) when calling the GetParameter operation/);
  });

  test("copies from a bucket to the output or into a file, byte for byte", async () => {
    const s3 = new S3Client({ region: "us-east-1", forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "fleet" }));
    await s3.send(new PutObjectCommand({ Bucket: "fleet", Key: "set-up/1.sh", Body: "echo ü\n" }));
    s3.destroy();
    deepEqual(await run("aws s3 cp s3://fleet/set-up/1.sh - | bash"), { exitCode: 0, output: "ü\n" });
    const into = "cd /private/tmp; umask 077; aws s3 cp --only-show-errors s3://fleet/set-up/1.sh here.sh; cat here.sh";
    deepEqual(await run(into), { exitCode: 0, output: "echo ü\n" });
    const { exitCode, output } = await run("aws s3 cp s3://fleet/missing -");
    equal(exitCode, 1);
    match(output, /download failed: .*NoSuchKey/);
  });

  test("puts metrics and lists root volume replacements", async () => {
    const data = `[{"MetricName":"Heartbeat","Value":1,"Unit":"Count"}]`;
    const put = `aws cloudwatch put-metric-data --namespace Macs --cli-connect-timeout 5 --metric-data '${data}'`;
    deepEqual(await run(put), { exitCode: 0, output: "" });
    const watch = new CloudWatchClient({ region: "us-west-2" });
    const { Metrics = [] } = await watch.send(new ListMetricsCommand({ Namespace: "Macs" }));
    watch.destroy();
    deepEqual(
      Metrics.map(({ MetricName }) => MetricName),
      ["Heartbeat"],
    );
    await world.replaceRootVolume(id);
    const list = `aws ec2 describe-replace-root-volume-tasks --filters Name=instance-id,Values=${id} --query "ReplaceRootVolumeTasks[?TaskState=='succeeded'].CompleteTime" --output text`;
    match((await run(list)).output, /^2026-01-01T\d\d:\d\d:\d\d.*\n$/);
  });

  test("its metadata shows tags as they are now, and the role's credentials", async () => {
    const ask = `token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
get() { curl -sf -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/$1"; echo "$?"; }`;
    const script = `${ask}\nget meta-data/tags/instance/Name; get meta-data/tags/instance/None; get meta-data/iam/security-credentials/; token=; get user-data`;
    equal((await run(script)).output, "aws0\n22\nmac0\n22\n");
  });
});
