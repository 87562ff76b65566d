import { z } from "zod";
import { group, list, text, textThat, unknownVariant, wholeNumber, yesOrNo } from "./fields.ts";
import { entryName, macos } from "./schema-shared.ts";
import { isTartReference } from "./tart-reference.ts";

const name = entryName("The image's name, for `image` in pools.");

const ec2Mac = group(
  {
    name,
    kind: z.literal("ec2-mac").meta({ description: "For pools of the same kind." }),
    macos,
    ami: text(/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/, {
      about: "The AMI. Either this or `ssmParameter`.",
      allowed: "An AMI's id is ami- and 17 (or 8) digits from 0 to f.",
    }).optional(),
    ssmParameter: text(/^\/[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/, {
      about: "The SSM parameter that holds the AMI's id, AWS's own or yours. Either this or `ami`.",
      allowed: "A parameter's path goes here, for example /aws/service/ec2-macos/sequoia/arm64_mac/latest/image_id.",
    }).optional(),
  },
  "An AMI for EC2 Macs.",
);

const orka = group(
  {
    name,
    kind: z.literal("orka").meta({ description: "For pools of the same kind." }),
    macos,
    image: text(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, {
      about: "The image's name in the cluster.",
      allowed: "Orka's image names have 1 to 63 lower-case letters, digits, dashes and dots; no slash.",
      fix: "`orka3 image list` shows them.",
    }),
    diskGb: wholeNumber(10, 8000, {
      about: "The size of the image's disk, in GB. VMs start with it and are then grown to the pool's `vm.diskGb`.",
      allowed: "Allowed: 10 to 8000 (GB).",
      fix: "`orka3 image list -o wide` shows it.",
    }),
  },
  "An image of an Orka cluster.",
);

const tart = group(
  {
    name,
    kind: z.literal("tart").meta({ description: "For pools of the same kind." }),
    macos,
    reference: textThat(isTartReference, {
      about:
        "The image in a registry, with its digest, so that all Macs run the same bytes until you change this line.",
      allowed: "An image in a registry goes here: host/name@sha256:<64 digits from 0 to f>.",
      fix: "`tart fqn <image>` prints it for an image you have pulled.",
    }),
    insecure: yesOrNo(
      "Talk plain HTTP to the registry and accept a tag instead of a digest. For tests on one computer.",
    ).default(false),
  },
  "A Tart image in an OCI registry.",
);

/** What machines boot. */
export const images = list(
  z.discriminatedUnion("kind", [ec2Mac, orka, tart], { error: unknownVariant("kind", ["ec2-mac", "orka", "tart"]) }),
  "What machines boot.",
);
