/**
 * Regions with EC2 Macs and the letters of their availability zones.
 *
 * A copy by hand of what AWS has announced ("Amazon EC2 instance types by Region", "Availability Zones"), not read from an
 * account. It is there to catch slips of the pen: an account may see fewer zones than a region has, and not each zone offers
 * each Mac. Where it is behind, add to it. To ask AWS itself:
 * `aws ec2 describe-instance-type-offerings --location-type availability-zone --filters Name=instance-type,Values=mac*`.
 */
const zoneLetters = {
  "us-east-1": "abcdef",
  "us-east-2": "abc",
  "us-west-1": "abc",
  "us-west-2": "abcd",
  "ca-central-1": "abd",
  "eu-central-1": "abc",
  "eu-north-1": "abc",
  "eu-west-1": "abc",
  "eu-west-2": "abc",
  "eu-west-3": "abc",
  "ap-northeast-1": "acd",
  "ap-northeast-2": "abcd",
  "ap-northeast-3": "abc",
  "ap-south-1": "abc",
  "ap-southeast-1": "abc",
  "ap-southeast-2": "abc",
} as const satisfies Record<string, string>;

/** An AWS region with EC2 Macs. */
export type Region = keyof typeof zoneLetters;

/** All regions with EC2 Macs. */
export const regions = Object.keys(zoneLetters) as Region[];

/** True for a region with EC2 Macs. */
export function isRegion(text: string): text is Region {
  return Object.hasOwn(zoneLetters, text);
}

/** The availability zones of a region, as `us-east-1a`. */
export function zonesOf(region: Region): string[] {
  return [...zoneLetters[region]].map((letter) => region + letter);
}
