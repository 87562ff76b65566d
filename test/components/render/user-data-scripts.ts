import { renderUserData, type SetUpObject, type UserDataArgs } from "../../../components/ec2-mac/user-data.ts";

/** Settings of a small pool. */
export const userDataArgs: UserDataArgs & { setUp: SetUpObject } = {
  fleet: "ci-macs",
  pool: "macm1",
  region: "us-east-1",
  bootDeadlineHours: 48,
  logGroup: "/mac-runner-fleet/ci-macs",
  metricNamespace: "MacRunnerFleet",
  heartbeatSeconds: 60,
  alarmsAt: { diskUsedPercent: 85, memoryUsedPercent: 90 },
  setUp: { bucket: "ci-macs", sha256: "0f1e".repeat(16) },
};

/** The script that the user data installs for this daemon. */
export function installedScript(daemon: string): string {
  const found = new RegExp(`/${daemon}\\.sh' <<'END_OF_FILE'\n([^]*?\n)END_OF_FILE`).exec(renderUserData(userDataArgs));
  if (!found?.[1]) throw new Error(`no script ${daemon} in the user data`);
  return found[1];
}
