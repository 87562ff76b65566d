import { Dashboard } from "@pulumi/aws/cloudwatch/dashboard.js";
import type { MetricAlarm } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import * as pulumi from "@pulumi/pulumi";
import { awsName, fleetId } from "../../model/names.ts";
import { dashboardBody } from "../../model/plan/ec2-mac-dashboard.ts";
import type { PoolScope } from "./scope.ts";

/** Declares the pool's dashboard in CloudWatch. */
export function createDashboard(scope: PoolScope, alarms: readonly MetricAlarm[]): void {
  const { name, place, pool, parent } = scope;
  const followsDemand = pool.sizing !== undefined;
  const subject = { region: pool.region, fleet: fleetId(place), pool: pool.name, followsDemand };
  const dashboardBodyText = pulumi
    .all(alarms.map((alarm) => alarm.arn))
    .apply((alarmArns) => dashboardBody({ ...subject, alarmArns }));
  new Dashboard(
    `${name}-dashboard`,
    { region: pool.region, dashboardName: awsName("dashboard", place), dashboardBody: dashboardBodyText },
    { parent },
  );
}
