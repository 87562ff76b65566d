import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import type { ProviderFunction } from "../shared/provider.ts";
import { defaultRegion, endpoint, serviceQuotas } from "./clients.ts";
import { vendorCall } from "./vendor.ts";

/** Whose credentials these are. The stand-in asks STS without an SDK client, for this one call is all it needs of it. */
export const getCallerIdentity: ProviderFunction = async (_args, signal) => {
  const answer = await fetch(endpoint(), {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      // Tells the simulator which service is meant; it checks no signature.
      authorization: `AWS4-HMAC-SHA256 Credential=simulator/20260101/${defaultRegion()}/sts/aws4_request`,
    },
    body: new URLSearchParams({ Action: "GetCallerIdentity", Version: "2011-06-15" }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  });
  const xml = await answer.text();
  if (!answer.ok) throw new Error(`reading STS Caller Identity: ${xml}`);
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";
  const accountId = element("Account");
  return { accountId, arn: element("Arn"), id: accountId, userId: element("UserId") };
};

/** The region asked for, or the provider's. */
export const getRegion: ProviderFunction = async (args) => {
  const region = String(args.region ?? args.name ?? defaultRegion());
  return { description: region, endpoint: `ec2.${region}.amazonaws.com`, id: region, name: region, region };
};

/** A quota of the account, by its code. */
export const getServiceQuota: ProviderFunction = async (args, abortSignal) => {
  const region = String(args.region ?? defaultRegion());
  const [ServiceCode, QuotaCode] = [String(args.serviceCode), String(args.quotaCode)];
  const sent = serviceQuotas(region).send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }), { abortSignal });
  const doing = `reading Service Quotas Service Quota (${ServiceCode}/${QuotaCode})`;
  const { Quota } = await vendorCall(doing, "Service Quotas: GetServiceQuota", sent);
  return {
    adjustable: Quota?.Adjustable ?? false,
    arn: Quota?.QuotaArn ?? "",
    defaultValue: 0,
    globalQuota: Quota?.GlobalQuota ?? false,
    id: Quota?.QuotaArn ?? "",
    quotaCode: Quota?.QuotaCode ?? QuotaCode,
    quotaName: Quota?.QuotaName ?? "",
    region,
    serviceCode: Quota?.ServiceCode ?? ServiceCode,
    serviceName: Quota?.ServiceName ?? "",
    usageMetrics: [],
    value: Quota?.Value,
  };
};
