import { z } from "zod";
import { group, list, oneOf, text, unknownVariant, wholeNumber } from "./fields.ts";
import { entryName } from "./schema-shared.ts";

const name = entryName("The runner's name, for `runner` in pools.");

const buildkite = group(
  {
    name,
    ci: z.literal("buildkite").meta({ description: "The CI system." }),
    organization: text(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
      about: "The organization's slug: what follows `buildkite.com/` in the browser.",
      allowed: "A slug has lower-case letters, digits and single dashes.",
    }),
    queue: text(/^[A-Za-z0-9_-]{1,64}$/, {
      about: "The key of the queue that the Macs serve. An agent serves exactly one.",
      allowed: "A queue key has 1 to 64 letters, digits, dashes or underscores.",
    }),
    cluster: text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, {
      about: "The id of the queue's cluster. Needed where a pool of EC2 Macs uses the runner.",
      allowed: "A cluster's id is a UUID in lower-case letters.",
      fix: "It is in the address of the cluster's settings: buildkite.com/organizations/ORGANIZATION/clusters/ID.",
    }).optional(),
    agentVersion: oneOf([3, 4], {
      about: "The major version of the Buildkite agent that Macs install.",
      allowed: "Allowed: 3 or 4.",
    }).default(3),
    tags: list(
      text(/^(?!queue=)[A-Za-z0-9_.-]{1,64}=[A-Za-z0-9_.:/-]{1,128}$/, {
        about: "A tag of the agents.",
        allowed:
          "A tag is a name, = and a value, of letters, digits and _ . - (the value also : and /); `queue` is taken.",
      }),
      "More tags of the agents, by which jobs choose them.",
    ).default([]),
  },
  "Buildkite: agents of one queue.",
);

/** Those that GitHub itself gives a runner on a Mac with Apple silicon. */
export const defaultLabels = ["self-hosted", "macOS", "ARM64"];

const github = group(
  {
    name,
    ci: z.literal("github").meta({ description: "The CI system." }),
    owner: text(/^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$/, {
      about: "The GitHub organization that the runners belong to.",
      allowed: "An organization's name has 1 to 39 letters, digits and single dashes.",
      fix: "Write the name alone, without https://github.com/ and without a repository.",
    }),
    runnerGroup: text(/^(?! )[^\n]{1,64}(?<! )$/, {
      about: "The runner group, which the fleet makes and owns. It says which repositories may use the Macs.",
      allowed: "A group's name has 1 to 64 characters and no space at its ends.",
    }).refine((group) => group.toLowerCase() !== "default", {
      error:
        '"Default" is GitHub\'s own group.\nThe fleet needs a group of its own.\nUse another name, for example mac-fleet.',
    }),
    repositoryIds: list(
      wholeNumber(1, Number.MAX_SAFE_INTEGER, {
        about: "A repository's number.",
        allowed: "A repository's number goes here, not its name.",
        fix: "`gh api repos/OWNER/NAME --jq .id` prints it.",
      }),
      "The only repositories that may use the group. Without it, all private repositories of the organization may.",
      1,
    ).optional(),
    labels: list(
      text(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, {
        about: "A label.",
        allowed: "A label has 1 to 100 letters, digits, dashes, underscores and dots.",
      }),
      "The labels of the runners, by which jobs choose them. On Intel Macs `X64` takes the place of `ARM64`.",
      1,
    ).default(defaultLabels),
    runnerVersion: text(/^[0-9]+\.[0-9]+\.[0-9]+$/, {
      about: "The version of the runner that Macs install. Needed where a pool of EC2 Macs uses the runner.",
      allowed: "A version is three numbers with dots, as 2.328.0.",
      fix: "github.com/actions/runner/releases lists them. GitHub refuses a version some weeks after the next has come out.",
    }).optional(),
    runnerArchiveSha256: text(/^[0-9a-f]{64}$/, {
      about: "The SHA-256 of that version's archive for the Macs' kind of processor. Needed with `runnerVersion`.",
      allowed: "64 digits from 0 to f go here.",
      fix: "The release's page on github.com/actions/runner/releases lists it for each archive.",
    }).optional(),
  },
  "GitHub Actions: runners of one runner group.",
);

/** The CI systems that Macs can work for. */
export const runners = list(
  z.discriminatedUnion("ci", [buildkite, github], { error: unknownVariant("ci", ["buildkite", "github"]) }),
  "The CI systems the Macs work for.",
);
