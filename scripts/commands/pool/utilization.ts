import { writeFileSync } from "node:fs";
import { textChart } from "../../../model/chart.ts";
import type { UtilizationSample } from "../../../model/ec2-mac/utilization.ts";
import { iso } from "../../../model/ec2-mac/words.ts";
import { svgChart } from "../../../model/svg-chart.ts";
import { type OpenPool, type PoolOptions, withPools } from "./access.ts";
import { onlyPool } from "./hosts.ts";

interface UtilizationOptions extends PoolOptions {
  hours: number;
  svg?: string;
  csv?: boolean;
}

/** `fleet pool utilization`: runners and jobs over the last hours, drawn or as data. */
export async function showUtilization(signal: AbortSignal, options: UtilizationOptions): Promise<number> {
  return withPools(options, signal, async ({ pools }) => {
    const shown = options.svg || options.csv ? [onlyPool(pools)] : pools;
    const series = await Promise.all(shown.map((pool) => seriesOf(pool, options.hours)));
    if (options.json && !options.csv)
      console.log(
        JSON.stringify(
          series.map(({ pool, samples }) => ({ pool, samples })),
          undefined,
          2,
        ),
      );
    for (const one of series) show(one, options);
    return 0;
  });
}

async function seriesOf({ name, id, store }: OpenPool, hours: number) {
  const to = Math.floor(Date.now() / 1000);
  const samples = await store.samples(id, to - hours * 3600);
  // A simulated fleet's clock may be ahead of this one's.
  return { pool: name, samples, span: { from: to - hours * 3600, to: Math.max(to, samples.at(-1)?.at ?? 0) } };
}

function show({ pool, samples, span }: Awaited<ReturnType<typeof seriesOf>>, options: UtilizationOptions): void {
  const { hours, svg, csv, json } = options;
  if (svg) writeFileSync(svg, svgChart(pool, samples, span));
  if (csv) console.log(utilizationCsv(samples));
  else if (json) return;
  else if (svg) console.log(`wrote ${svg}`);
  else if (samples.length === 0) console.log(`${pool}: no controller has looked in the last ${hours} h`);
  else console.log(`${pool}: # busy, . ready and idle\n${textChart(samples, span)}`);
}

/**
 * The series as the reference pool's `utilization.csv` (containers/automation mac_pw_pool). Its counts are of jobs since
 * the series began; what has started is what has finished and what runs.
 */
export function utilizationCsv(samples: readonly UtilizationSample[]): string {
  let finished = 0;
  const lines = samples.map(({ at, ready, busy, jobsFinished }) => {
    finished += jobsFinished;
    return `${iso(at).replace("Z", "+00:00")},${ready},${finished + busy},${finished}`;
  });
  return ["timestamp,n_workers,n_tasks_started,n_tasks_finished", ...lines].join("\n");
}
