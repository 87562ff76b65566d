/** What the set-up of a Mac needs to know. No secrets: the script is an object that all Macs of the pool may read. */
export interface SetUpArgs {
  fleet: string;
  pool: string;
  region: string;
  /** `/mac-runner-fleet/<fleetId>/<pool>` */
  parameterPrefix: string;
  /** Used when the instance has no tag `mac-runner-fleet:soft-life-seconds`. */
  softLifeSeconds: number;
  graceSeconds: number;
  rosetta: boolean;
  runner:
    | { ci: "buildkite"; agentVersion: 3 | 4; queue: string; tags: string[] }
    | { ci: "github"; runnerVersion: string; archiveSha256: string };
}

/** The set-up script, as one text for bash. */
export function renderSetUp(args: SetUpArgs): string {
  return `#!/bin/bash\n# Pool ${args.pool} of ${args.fleet}\n`;
}
