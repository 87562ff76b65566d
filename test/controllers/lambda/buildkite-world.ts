import { after, before } from "node:test";
import { type Buildkite, startBuildkite } from "../../../simulators/buildkite/server.ts";
import { Aws } from "../pool/world.ts";

/** A simulated AWS and a simulated Buildkite that goes by its clock, for all tests of a file. */
export class BuildkiteWorld {
  aws!: Aws;
  buildkite!: Buildkite;

  constructor() {
    before(async () => {
      this.aws = await Aws.start();
      this.buildkite = await startBuildkite({ clock: this.aws.server.clock });
    });
    after(async () => {
      await this.buildkite.close();
      await this.aws.close();
    });
  }

  /** Where a pool's runners register, as its controller is told. */
  get runner() {
    const { organization, clusterId: cluster } = this.buildkite.state;
    return { ci: "buildkite", organization, cluster, queue: "macs", url: this.buildkite.restUrl } as const;
  }
}
