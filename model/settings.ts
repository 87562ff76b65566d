import { shape } from "./settings/draft.ts";
import { comparePaths, type LocatedProblem } from "./settings/issues.ts";
import type { Problem } from "./settings/problem.ts";
import { ec2ImageRules } from "./settings/rules/ec2-image.ts";
import { ec2MacRules } from "./settings/rules/ec2-mac.ts";
import { ec2PolicyRules } from "./settings/rules/ec2-policy.ts";
import { ec2RunnerRules } from "./settings/rules/ec2-runner.ts";
import { ec2SizingRules } from "./settings/rules/ec2-sizing.ts";
import { keyRules } from "./settings/rules/keys.ts";
import { nameRules } from "./settings/rules/names.ts";
import { orkaRules } from "./settings/rules/orka.ts";
import { referenceRules } from "./settings/rules/references.ts";
import { secretRules } from "./settings/rules/secrets.ts";
import { tartRules } from "./settings/rules/tart.ts";
import { settle } from "./settings/settle.ts";
import type { RawSettings, Settings } from "./settings/types.ts";

export { imageOf } from "./settings/image-of.ts";
export { formatProblem, formatProblems, type Problem } from "./settings/problem.ts";
export { runnerOf } from "./settings/runner-of.ts";
export { blockNames } from "./settings/schema.ts";
export { type MissingSecret, missingSecrets, type SecretName, secretNames } from "./settings/secrets.ts";
export type {
  AlertSettings,
  Ec2MacImageSettings,
  Ec2MacPoolSettings,
  FleetSettings,
  ImageSettings,
  NotifySettings,
  OrkaImageSettings,
  OrkaPoolSettings,
  PoolSettings,
  RawSettings,
  RunnerSettings,
  Settings,
  TartImageSettings,
  TartPoolSettings,
} from "./settings/types.ts";

/** Either the settings, or every mistake in them. */
export type ParsedSettings = { ok: true; settings: Settings } | { ok: false; problems: Problem[] };

const rules = [
  referenceRules,
  nameRules,
  ec2ImageRules,
  ec2MacRules,
  ec2PolicyRules,
  ec2RunnerRules,
  ec2SizingRules,
  orkaRules,
  tartRules,
];

/**
 * Checks a stack file: each block against the schema, then the rules across blocks. Never throws, whatever it is given; a
 * problem never repeats a value that looks like a secret.
 */
export function parseSettings(raw: RawSettings): ParsedSettings {
  const shaped = shape(raw.blocks);
  const problems = [
    ...secretRules(raw.blocks),
    ...keyRules(raw),
    ...shaped.problems,
    ...rules.flatMap((rule) => rule(shaped.draft, raw)),
  ];
  if (!shaped.parsed || problems.length > 0) return { ok: false, problems: tidy(problems) };
  return { ok: true, settings: settle(shaped.parsed, raw.region) };
}

/** The first problem of each place, in the order of the reference. */
function tidy(problems: LocatedProblem[]): Problem[] {
  const seen = new Set<string>();
  return problems
    .filter(({ path }) => !seen.has(path) && seen.add(path))
    .toSorted((a, b) => comparePaths(a.at, b.at))
    .map(({ at: _, ...problem }) => problem);
}
