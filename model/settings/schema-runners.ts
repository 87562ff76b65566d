import { z } from "zod";
import { group, list, text, unknownVariant, wholeNumber } from "./fields.ts";
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
  },
  "Buildkite: agents of one queue.",
);

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
  },
  "GitHub Actions: runners of one runner group.",
);

/** The CI systems that Macs can work for. */
export const runners = list(
  z.discriminatedUnion("ci", [buildkite, github], { error: unknownVariant("ci", ["buildkite", "github"]) }),
  "The CI systems the Macs work for.",
);
