/** Where things of AWS are. */
export interface AwsAccount {
  region: string;
  account: string;
}

/** All of a kind in EC2. */
export function ec2Kind(of: AwsAccount, kind: string): string {
  return regional("ec2", of, `${kind}/*`);
}

/** Images and snapshots belong to no account (Service Authorization Reference, September 2026). */
export function publicImages({ region }: AwsAccount): string[] {
  return [`arn:aws:ec2:${region}::image/*`, `arn:aws:ec2:${region}::snapshot/*`];
}

/** Something of a service in the region. */
export function regional(service: string, { region, account }: AwsAccount, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

/** Something in IAM, which has no regions. */
export function inIam({ account }: AwsAccount, resource: string): string {
  return `arn:aws:iam::${account}:${resource}`;
}
