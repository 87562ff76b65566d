import { createHash } from "node:crypto";
import { Bucket } from "@pulumi/aws/s3/bucket.js";
import { BucketObjectv2 } from "@pulumi/aws/s3/bucketObjectv2.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import * as pulumi from "@pulumi/pulumi";
import { parameterPrefix } from "../../controllers/pool/credentials.ts";
import { renderSetUp, type SetUpArgs } from "../../host/ec2-mac/set-up.ts";
import { bucketName, fleetId } from "../../model/names.ts";
import { tlsOnlyPolicy } from "../../model/plan/ec2-mac-permissions.ts";
import type { RunnerSettings } from "../../model/settings.ts";
import type { PoolScope } from "./scope.ts";
import { setUpScriptKey } from "./user-data.ts";

/** Where Macs find their set-up script, and how they know that it is the right one. */
export interface SetUpScript {
  bucket: pulumi.Output<string>;
  sha256: pulumi.Output<string>;
  /** Everything that is or was a set-up script of the pool. */
  scriptsArn: pulumi.Output<string>;
}

/** What the script has from the pool's policy. */
export interface LifeTimes {
  softLifeSeconds: number;
  graceSeconds: number;
}

/** Declares the set-up script and the bucket it is in, which nobody reaches but the pool's Macs, and only encrypted. */
export function createSetUpScript(scope: PoolScope, runner: RunnerSettings, times: LifeTimes): SetUpScript {
  const { name, pool, parent, tags } = scope;
  const text = scope.fleetId.apply((mark) => renderSetUp(setUpArgs(scope, mark, runner, times)));
  const sha256 = text.apply((script) => createHash("sha256").update(script).digest("hex"));
  const bucket = new Bucket(
    `${name}-set-up`,
    {
      region: pool.region,
      bucket: scope.fleetId.apply((mark) => bucketName(mark, pool.name)),
      forceDestroy: true,
      tags,
    },
    { parent },
  );
  const closed = new BucketPublicAccessBlock(
    `${name}-set-up-private`,
    {
      region: pool.region,
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    { parent },
  );
  new BucketPolicy(
    `${name}-set-up-tls`,
    { region: pool.region, bucket: bucket.id, policy: bucket.arn.apply(tlsOnlyPolicy) },
    // Both change the bucket's policy status, and S3 refuses one while the other is under way.
    { parent, dependsOn: [closed] },
  );
  const script = new BucketObjectv2(
    `${name}-set-up-script`,
    {
      region: pool.region,
      bucket: bucket.id,
      key: sha256.apply(setUpScriptKey),
      content: text,
      contentType: "text/x-shellscript",
      serverSideEncryption: "AES256",
      // An object takes ten tags at most, and the settings may have more.
      tags: scope.mark,
    },
    // An instance that gets a new root volume asks again for the script of its launch. The bucket's end takes all.
    { parent, retainOnDelete: true },
  );
  // Whoever asks for it by its checksum waits until it is there.
  const uploaded = pulumi.all([sha256, script.key]).apply(([known]) => known);
  return {
    bucket: bucket.bucket,
    sha256: uploaded,
    scriptsArn: pulumi.interpolate`${bucket.arn}/${setUpScriptKey("*")}`,
  };
}

function setUpArgs({ place, pool }: PoolScope, mark: string, runner: RunnerSettings, times: LifeTimes): SetUpArgs {
  return {
    fleet: fleetId(place),
    pool: pool.name,
    region: pool.region,
    parameterPrefix: parameterPrefix(mark, pool.name),
    softLifeSeconds: times.softLifeSeconds,
    graceSeconds: times.graceSeconds,
    rosetta: pool.rosetta,
    runner:
      runner.ci === "buildkite"
        ? { ci: runner.ci, agentVersion: runner.agentVersion, queue: runner.queue, tags: runner.tags }
        : {
            ci: runner.ci,
            runnerVersion: runner.runnerVersion ?? "",
            archiveSha256: runner.runnerArchiveSha256 ?? "",
          },
  };
}
