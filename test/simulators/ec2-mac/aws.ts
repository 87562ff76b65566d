import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createSimClock } from "../../../simulators/ec2-mac/clock.ts";
import { type Ec2Mac, type Ec2MacOptions, startEc2Mac } from "../../../simulators/ec2-mac/server.ts";

/** A simulated AWS whose clock stands still until a test moves it. */
export interface TestAws extends Ec2Mac {
  /** Posts to a control endpoint, `faults` for instance. Throws when it refuses. */
  control(path: string, body: object): Promise<Record<string, unknown>>;
}

/** The `moto_server` to use: `MRF_MOTO_SERVER`, or what `make tools` installs. */
export function motoServer(): string {
  const installed = fileURLToPath(new URL("../../../.toolchain/python/bin/moto_server", import.meta.url));
  const program = process.env.MRF_MOTO_SERVER || installed;
  if (!existsSync(program)) throw new Error(`no moto_server at ${program}: run \`make tools\` first`);
  return program;
}

/** Starts one, and points the AWS SDK of this process at it with credentials that only it takes. */
export async function startTestAws(options: Partial<Ec2MacOptions> = {}): Promise<TestAws> {
  const aws = await startEc2Mac({ motoServer: motoServer(), clock: createSimClock({ rate: 0 }), ...options });
  process.env.AWS_ENDPOINT_URL = aws.url;
  process.env.AWS_REGION = "us-west-2";
  process.env.AWS_ACCESS_KEY_ID = "test";
  process.env.AWS_SECRET_ACCESS_KEY = "test";
  return {
    ...aws,
    async control(path, body) {
      const answer = await fetch(`${aws.url}/_sim/${path}`, { method: "POST", body: JSON.stringify(body) });
      const said = (await answer.json()) as Record<string, unknown>;
      if (!answer.ok) throw new Error(JSON.stringify(said));
      return said;
    },
  };
}
