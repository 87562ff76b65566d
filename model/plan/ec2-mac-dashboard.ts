import { metricNamespace } from "./ec2-mac-alarms.ts";

/** What a pool's dashboard is about. */
export interface DashboardSubject {
  region: string;
  /** The metrics' dimension `Fleet`. */
  fleet: string;
  pool: string;
  /** Its number of hosts is not always the same. */
  followsDemand: boolean;
  alarmArns: readonly string[];
}

/** A metric of the pool and how it is drawn. */
interface Line {
  metric: string;
  label: string;
  stat: "Average" | "Minimum" | "Maximum" | "Sum" | "SampleCount";
}

const columns = 24;
const height = 6;

/**
 * The body of the pool's dashboard, as PutDashboard takes it: runners, jobs, hosts, leases, the controller, the Macs and
 * all alarms.
 */
export function dashboardBody(subject: DashboardSubject): string {
  const graphs = [
    graph(subject, "Runners", [
      { metric: "DeclaredHosts", label: "declared", stat: "Maximum" },
      { metric: "ReadyRunners", label: "ready", stat: "Average" },
      { metric: "BusyRunners", label: "busy", stat: "Average" },
      { metric: "PromisedRunners", label: "promised", stat: "Maximum" },
      { metric: "ReadyRunnersOutlook", label: "fewest in the next 24 h", stat: "Minimum" },
    ]),
    graph(subject, "Jobs at once", [{ metric: "BusyRunners", label: "most", stat: "Maximum" }]),
    ...(subject.followsDemand ? [demandGraph(subject)] : []),
    graph(subject, "Hosts out of service", [
      { metric: "HostsScrubbing", label: "scrubbing", stat: "Maximum" },
      { metric: "ScrubOverdue", label: "scrub overdue", stat: "Maximum" },
      { metric: "HostsFailed", label: "failed", stat: "Maximum" },
    ]),
    graph(subject, "Leases", [
      { metric: "LeasesWaiting", label: "waiting to end", stat: "Maximum" },
      { metric: "LeaseWaitOverdueSeconds", label: "overdue (s)", stat: "Maximum" },
    ]),
    graph(subject, "Launches and lives", [
      { metric: "LaunchFailures", label: "failed launches", stat: "Sum" },
      { metric: "InstancesPastHardLimit", label: "past the hard limit", stat: "Maximum" },
    ]),
    graph(subject, "Controller", [
      { metric: "ControllerLooks", label: "looks", stat: "SampleCount" },
      { metric: "ChoresFailed", label: "chores failed", stat: "Maximum" },
    ]),
    graph(subject, "Reports of Macs", [{ metric: "Heartbeat", label: "reports", stat: "SampleCount" }]),
    graph(subject, "Fullest Mac (%)", [
      { metric: "DiskUsedPercent", label: "disk", stat: "Maximum" },
      { metric: "MemoryUsedPercent", label: "memory", stat: "Maximum" },
    ]),
  ];
  const alarms = {
    type: "alarm",
    x: 0,
    y: 0,
    width: columns,
    height: 3,
    properties: { title: `Alarms of ${subject.pool}`, alarms: subject.alarmArns },
  };
  const placed = graphs.map((widget, index) => ({
    ...widget,
    x: (index % 2) * (columns / 2),
    y: 3 + Math.floor(index / 2) * height,
  }));
  return JSON.stringify({ widgets: [alarms, ...placed] });
}

function demandGraph(subject: DashboardSubject) {
  return graph(subject, "Demand", [
    { metric: "WaitingJobs", label: "jobs that wait", stat: "Maximum" },
    { metric: "WantedRunners", label: "runners wanted", stat: "Maximum" },
  ]);
}

function graph({ region, fleet, pool }: DashboardSubject, title: string, lines: readonly Line[]) {
  return {
    type: "metric",
    width: columns / 2,
    height,
    properties: {
      title,
      region,
      view: "timeSeries",
      period: 300,
      yAxis: { left: { min: 0 } },
      metrics: lines.map(({ metric, label, stat }) => [
        metricNamespace,
        metric,
        "Fleet",
        fleet,
        "Pool",
        pool,
        { label, stat },
      ]),
    },
  };
}
