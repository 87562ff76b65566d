import { z } from "zod";
import { RestError } from "./rest.ts";

/** Hosts of an instance family that the account may have: one number for all, or one for each. */
export type HostQuota = number | Readonly<Record<string, number>>;

const DEFAULT_HOST_QUOTA = 100;

/** The codes of the quotas "Running Dedicated <family> Hosts". AWS gives a new account none of them. */
const CODES: Readonly<Record<string, string>> = {
  mac1: "L-A8448DC5",
  mac2: "L-5D8DADF5",
  "mac2-m2": "L-B90B5B66",
  "mac2-m2pro": "L-14F120D1",
  "mac2-m1ultra": "L-AE4D744C",
  "mac-m4": "L-2CBA8B92",
  "mac-m4pro": "L-6919FC30",
  "mac-m4max": "L-D82CB68A",
  "mac-m3ultra": "L-7108A7B5",
};

/** How many hosts of the family the account may have. */
export function quotaOf(quota: HostQuota | undefined, family: string): number {
  return (typeof quota === "object" ? quota[family] : quota) ?? DEFAULT_HOST_QUOTA;
}

const requestSchema = z.object({ ServiceCode: z.string(), QuotaCode: z.string().optional() });

/**
 * Answers a call of Service Quotas about Mac hosts; undefined when it is about something else.
 * @throws RestError `NoSuchResourceException`
 */
export function answerQuotas(
  action: string,
  region: string,
  body: Buffer,
  quota: HostQuota | undefined,
): object | undefined {
  const request = requestSchema.safeParse(JSON.parse(body.toString("utf8") || "{}")).data;
  if (request?.ServiceCode !== "ec2") return undefined;
  const all = Object.keys(CODES).map((family) => describe(family, region, quotaOf(quota, family)));
  const asked = all.find(({ QuotaCode }) => QuotaCode === request.QuotaCode);
  switch (action) {
    case "ListServiceQuotas":
      return { Quotas: all };
    case "ListAWSDefaultServiceQuotas":
      return { Quotas: all.map((item) => ({ ...item, Value: 0 })) };
    case "GetServiceQuota":
      return { Quota: asked ?? unknown() };
    case "GetAWSDefaultServiceQuota":
      return { Quota: { ...(asked ?? unknown()), Value: 0 } };
    default:
      return undefined;
  }
}

function describe(family: string, region: string, Value: number) {
  const QuotaCode = CODES[family] ?? "";
  return {
    ServiceCode: "ec2",
    ServiceName: "Amazon Elastic Compute Cloud (Amazon EC2)",
    QuotaArn: `arn:aws:servicequotas:${region}:123456789012:ec2/${QuotaCode}`,
    QuotaCode,
    QuotaName: `Running Dedicated ${family} Hosts`,
    Value,
    Unit: "None",
    Adjustable: true,
    GlobalQuota: false,
  };
}

function unknown(): never {
  throw new RestError("NoSuchResourceException", 400, "The specified resource does not exist.");
}
