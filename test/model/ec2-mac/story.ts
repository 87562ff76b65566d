import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";

const linesShown = 25;

/** The story of a run's first broken rule: what was done about that host before, and how to see it again. */
export function story(scenario: Scenario): string {
  const lines: { hostName: string; line: string }[] = [];
  const { violations } = run(scenario, (hostName, line) => lines.push({ hostName, line }));
  const [first] = violations;
  if (!first) return "No rule was broken.";
  const about = lines.filter(({ hostName }) => hostName === first.hostName).slice(-linesShown);
  const when = new Date(first.at * 1000).toISOString().slice(0, 19);
  const { seed, days, policy } = scenario;
  return [
    `Broken: ${first.rule} (${first.hostName}, ${when}): ${first.what}`,
    ...about.map(({ line }) => `  ${line}`),
    `Again: node test/model/ec2-mac/simulate.ts --seed ${seed} --hosts ${policy.hosts.length} --days ${days}`,
  ].join("\n");
}
