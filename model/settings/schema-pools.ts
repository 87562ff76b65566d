import { z } from "zod";
import { regions } from "./aws-places.ts";
import { group, list, lookup, oneOf, text, textThat, unknownVariant, wholeNumber, yesOrNo } from "./fields.ts";
import { isHostKey } from "./host-key.ts";
import { macTypeNames } from "./mac-types.ts";
import { isAddress, isApiUrl, parseRange } from "./network.ts";
import { choices } from "./problem.ts";
import { policy } from "./schema-policy.ts";
import { entryName, reference, vmSize } from "./schema-shared.ts";
import { sizing } from "./schema-sizing.ts";

const name = entryName("The pool's name. Names of machines are made from it, so a new name means new machines.");
const runner = reference("The runner, by its name.", "runners");

const zone = text(/^[a-z]{2}-[a-z]+-[0-9][a-z]$/, {
  about: "An availability zone.",
  allowed: "A zone is a region and a letter, for example us-east-1a.",
});

const hostName = text(/^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$/, {
  about: "The Mac's name.",
  allowed: "A Mac's name has letters, digits and single dashes; it starts with a letter.",
});

const ec2Mac = group(
  {
    name,
    kind: z.literal("ec2-mac").meta({ description: "Dedicated Macs on EC2." }),
    runner,
    image: reference("The image of all its machines, by its name; of kind `ec2-mac`.", "images"),
    region: oneOf(regions, {
      about: "The AWS region.",
      allowed: `EC2 has Macs in ${choices(regions, "and")}.`,
      fix: "If AWS has brought Macs to it since, add it to model/settings/aws-places.ts.",
    })
      .meta({ computedDefault: "`aws:region`" })
      .optional(),
    zones: list(zone, "The availability zones. Hosts are dealt over them in turn.", 1),
    instanceType: oneOf(macTypeNames, {
      about: "The kind of Mac.",
      allowed: `Allowed: ${choices(macTypeNames)}.`,
    }),
    alsoInstanceTypes: list(
      oneOf(macTypeNames, { about: "A kind of Mac.", allowed: `Allowed: ${choices(macTypeNames)}.` }),
      "Kinds of Mac that the controller takes, in this order, when no zone has one of `instanceType`.",
    ).default([]),
    hosts: wholeNumber(
      1,
      200,
      {
        about: "How many Macs, or with `sizing` how many at least. Each is billed for 24 hours at least.",
        allowed: "Allowed: 1 to 200 (hosts).",
        fix: "To have none, remove the pool: each host ends when its first 24 hours have passed.",
      },
      true,
    ),
    sizing: sizing.optional(),
    hostNamePrefix: text(/^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$/, {
      about: "Hosts are called this, a dash and a number from 1.",
      allowed:
        "A prefix has up to 28 letters, digits and single dashes; it starts with a letter. The number is added to it.",
    })
      .meta({ computedDefault: "the pool's name" })
      .optional(),
    vpcId: text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, {
      about: "The network. Without it the region's default VPC is used.",
      allowed: "A VPC's id is vpc- and 17 (or 8) digits from 0 to f.",
    })
      .meta({ computedDefault: "the default VPC" })
      .optional(),
    subnets: lookup(
      zone,
      text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, {
        about: "A subnet's id.",
        allowed: "A subnet's id is subnet- and 17 (or 8) digits from 0 to f.",
      }),
      "The subnet of each zone, by zone. Needed with `vpcId`.",
    )
      .meta({ computedDefault: "default subnets" })
      .optional(),
    keyName: text(/^[ -~]{1,255}$/, {
      about: "The EC2 key pair for ssh to ec2-user. Without it, reach the Macs through Session Manager.",
      allowed: "A key pair's name has 1 to 255 ASCII characters.",
    })
      .meta({ computedDefault: "no key" })
      .optional(),
    sshFrom: list(
      textThat((range) => parseRange(range) !== undefined, {
        about: "An IPv4 range.",
        allowed: "Ranges of IPv4 addresses go here, for example 10.0.0.0/16 or, for one address, 203.0.113.7/32.",
      }),
      "From where the Macs accept ssh. Nobody, if empty.",
    ).default([]),
    rootVolumeGb: wholeNumber(60, 16_384, {
      about: "Size of the root volume, in GB.",
      allowed: "Allowed: 60 to 16384 (GB); macOS images are at least that large.",
    }).default(200),
    bootDeadlineHours: wholeNumber(3, 72, {
      about:
        "A machine ends itself this long after its launch, or after its last root volume replacement by AWS's own record, whatever else happens.",
      allowed:
        "Allowed: 3 to 72 (hours). Less is over before a Mac has booted, been wiped and paid for itself; more leaves lost Macs running.",
      fix: "48 is twice the 24 hours that a host must be paid for.",
    }).default(48),
    floor: wholeNumber(
      1,
      200,
      {
        about:
          "Alarm when fewer Macs than this report, or fewer runners are ready. The controller never goes below it by itself, so it also limits how many Macs are made new at once; one always may be.",
        allowed: "Allowed: 1 to the number of hosts.",
      },
      true,
    )
      .meta({ computedDefault: "`hosts` less 1, at least 1" })
      .optional(),
    protect: yesOrNo(
      "Refuse to give hosts up: Pulumi then fails until you unprotect them. Without it, giving one up is safe: it is drained, and released as soon as AWS allows.",
    ).default(false),
    controller: oneOf(["aws", "none"], {
      about:
        "Who keeps the Macs: `aws` is a function in the account that the fleet declares, with alarms and a dashboard; `none` leaves it to you (`fleet pool run`).",
      allowed: "Allowed: aws or none.",
    }).default("aws"),
    policy,
    rosetta: yesOrNo("Install Rosetta, so that programs for Intel run on Apple silicon.").default(false),
  },
  "Dedicated Macs on EC2.",
);

const orka = group(
  {
    name,
    kind: z.literal("orka").meta({ description: "VMs of an Orka cluster." }),
    runner,
    apiUrl: textThat(isApiUrl, {
      about: "The cluster's API.",
      allowed: "An address such as http://10.221.188.20 goes here: http or https, and no slash at the end.",
    }),
    namespace: text(/^orka-[a-z0-9]([a-z0-9-]{0,56}[a-z0-9])?$/, {
      about: "The cluster's namespace for the VMs.",
      allowed: "Orka's namespaces start with orka- and have up to 63 lower-case letters, digits and dashes.",
    }).default("orka-default"),
    vms: list(
      group(
        {
          image: reference("The image, by its name; of kind `orka`.", "images"),
          count: wholeNumber(
            1,
            200,
            {
              about: "How many VMs of it.",
              allowed: "Allowed: 1 to 200 (VMs).",
              fix: "To have none, remove the entry.",
            },
            true,
          ),
        },
        "VMs of one image.",
      ),
      "The VMs, image by image.",
      1,
    ),
    vm: group(vmSize, "The size of each VM."),
    nodeTag: text(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,30}[A-Za-z0-9])?$/, {
      about: "Prefer nodes with this tag.",
      allowed: "A tag has 1 to 32 letters, digits, dashes, underscores and dots.",
      fix: "`orka3 node list -o wide` shows the tags.",
    }).optional(),
    tagRequired: yesOrNo("Use only nodes with `nodeTag`, even if others are free.").default(false),
  },
  "VMs of an Orka cluster.",
);

const tartHost = group(
  {
    name: hostName,
    address: textThat(isAddress, {
      about: "Its IPv4 address or host name.",
      allowed: "An IPv4 address or a host name goes here, without user and port.",
    }),
    port: wholeNumber(1, 65_535, { about: "Its ssh port.", allowed: "Allowed: 1 to 65535." }).default(22),
    hostKey: textThat(isHostKey, {
      about:
        "Its public ssh host key. Another key at that address means another computer, and nothing is sent to it. Pulumi's command plugin asks a Mac for its ECDSA key first; with an Ed25519 key here it would take the Mac for another.",
      allowed:
        "A key goes here as ssh-keyscan prints it, without the address in front: its kind, best ecdsa-sha2-nistp256, a space, the key.",
      fix: "`ssh-keyscan -t ecdsa ADDRESS` prints it; compare it with /etc/ssh/ssh_host_ecdsa_key.pub on the Mac.",
    }),
    slots: wholeNumber(
      0,
      2,
      {
        about: "How many VMs run at once. 0 keeps the Mac out of service.",
        allowed: "macOS lets a Mac run at most 2 macOS VMs at once.",
        fix: "Use 1 or 2, or 0 to keep it out of service; for more VMs add another host.",
      },
      true,
    ).default(2),
  },
  "A Mac of your own.",
);

const tart = group(
  {
    name,
    kind: z.literal("tart").meta({ description: "Macs of your own, with Tart." }),
    runner,
    image: reference("The image of all its VMs, by its name; of kind `tart`.", "images"),
    sshUser: text(/^[a-z_][a-z0-9_.-]{0,30}$/, {
      about: "The user on the Macs who runs Tart. It needs a desktop session.",
      allowed: "A user's short name has up to 31 lower-case letters, digits, dots, dashes and underscores.",
    }).refine((user) => user !== "root", {
      error:
        "root can't run VMs.\nTart needs a user with a desktop session.\nUse the user that logs in by itself, for example admin.",
    }),
    hosts: list(tartHost, "The Macs.", 1),
    vm: group(vmSize, "The size of each VM. Two run on a Mac at once."),
  },
  "Macs of your own, with Tart.",
);

/** Machines of one kind with one policy. */
export const pools = list(
  z.discriminatedUnion("kind", [ec2Mac, orka, tart], { error: unknownVariant("kind", ["ec2-mac", "orka", "tart"]) }),
  "Machines of one kind with one policy.",
);
