import type { z } from "zod";
import { group, list, lookup, oneOf, text, wholeNumber } from "./fields.ts";
import { images } from "./schema-images.ts";
import { pools } from "./schema-pools.ts";
import { runners } from "./schema-runners.ts";

/** Tags that an AWS resource may have, less those that the fleet sets. */
const maxTags = 40;

const tagName = text(/^(?![Aa][Ww][Ss]:|Name$|mac-runner-fleet)[A-Za-z0-9_.,:=+@-]{1,128}$/, {
  about: "The name of a tag.",
  allowed:
    "A tag has 1 to 128 letters, digits or _ . , : = + - @ (a Mac reads its tags by URL, so no space and no slash); `Name`, `aws:...` and `mac-runner-fleet...` are taken.",
});

const tagValue = text(/^[A-Za-z0-9 _.:/=+@-]{0,256}$/, {
  about: "The value of a tag.",
  allowed: "A value has up to 256 letters, digits, spaces or _ . : / = + - @.",
  fix: "Put a number or true in quotes.",
});

const fleet = group(
  {
    name: text(/^[a-z]([a-z0-9]|-(?!-|$)){0,19}$/, {
      about: "The fleet's name. With the stack's name it marks everything the fleet owns, so it can't change later.",
      allowed: "A name has 1 to 20 lower-case letters, digits and single dashes; it starts with a letter.",
    }),
    tags: lookup(tagName, tagValue, "Put on each AWS resource, besides the fleet's own tags.")
      .refine((tags) => Object.keys(tags).length <= maxTags, {
        error: `too many tags.\nAWS allows 50 on a resource and the fleet needs some: at most ${maxTags}.`,
      })
      .default({}),
  },
  "The fleet as a whole.",
);

/** CloudWatch keeps logs for one of these numbers of days (PutRetentionPolicy, `retentionInDays`). */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

const alerts = group(
  {
    diskUsedPercent: wholeNumber(50, 99, {
      about: "Alarm when a Mac's disk is fuller than this.",
      allowed: "Allowed: 50 to 99 (percent).",
    }).default(90),
    memoryUsedPercent: wholeNumber(50, 99, {
      about: "Alarm when a Mac uses more of its memory than this.",
      allowed: "Allowed: 50 to 99 (percent).",
    }).default(85),
    silentMinutes: wholeNumber(5, 1440, {
      about: "Alarm when fewer Macs than the pool's `floor` have reported for this long.",
      allowed: "Allowed: 5 to 1440 (minutes; a day is as far as an alarm looks back).",
    }).default(15),
    belowFloorMinutes: wholeNumber(5, 1440, {
      about: "Alarm when fewer runners than the pool's `floor` have been ready for this long.",
      allowed: "Allowed: 5 to 1440 (minutes).",
    }).default(30),
    controllerSilentMinutes: wholeNumber(5, 1440, {
      about: "Alarm when a pool's controller has not looked for this long.",
      allowed: "Allowed: 5 to 1440 (minutes).",
    }).default(15),
    failedHosts: wholeNumber(
      1,
      200,
      { about: "Alarm when so many hosts have failed.", allowed: "Allowed: 1 to 200 (hosts)." },
      true,
    ).default(1),
    launchFailures: wholeNumber(
      1,
      1000,
      { about: "Alarm when so many launches have failed within an hour.", allowed: "Allowed: 1 to 1000 (launches)." },
      true,
    ).default(3),
    scrubOverdueMinutes: wholeNumber(5, 1440, {
      about: "Alarm when scrubs have taken longer than they usually do for this long.",
      allowed: "Allowed: 5 to 1440 (minutes).",
    }).default(60),
    leaseOverdueMinutes: wholeNumber(5, 2880, {
      about: "Alarm when a host is kept this long after the moment when it could have been given back.",
      allowed: "Allowed: 5 to 2880 (minutes).",
    }).default(120),
    pastHardLimitMinutes: wholeNumber(5, 1440, {
      about: "Alarm when an instance has been past its `hardLifeHours` for this long.",
      allowed: "Allowed: 5 to 1440 (minutes).",
    }).default(60),
    logRetentionDays: oneOf(retentionDays, {
      about: "How long logs are kept.",
      allowed: `CloudWatch keeps logs for ${retentionDays.slice(0, 12).join(", ")} or, up to ten years, certain other numbers of days.`,
      fix: "30 is usual.",
    }).default(30),
  },
  "When somebody is told. Optional.",
);

const notify = group(
  {
    emails: list(
      text(/^[^\s@<>,;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, {
        about: "An e-mail address.",
        allowed: "An address such as mac-team@example.com goes here, one for each entry.",
      }),
      "Who is told. AWS first sends each a message to confirm.",
    ).default([]),
  },
  "Who is told. Optional.",
);

/** Every block of a stack file, by its name: the one source of types, defaults, the JSON Schema and the reference. */
export const blocks = { fleet, runners, images, pools, alerts: alerts.prefault({}), notify: notify.prefault({}) };

/** The name of a block. */
export type BlockName = keyof typeof blocks;

/** The names of all blocks, in the order of the reference. */
export const blockNames = Object.keys(blocks) as BlockName[];

/** A whole stack file, defaults filled in. */
export type ParsedBlocks = { [Name in BlockName]: z.output<(typeof blocks)[Name]> };
