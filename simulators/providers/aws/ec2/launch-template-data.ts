/** Between the vendor's properties of a launch template and EC2's LaunchTemplateData. */
import type { RequestLaunchTemplateData, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { PropertySpec, PropertyTable } from "../../shared/properties.ts";
import { isObject, type Properties } from "../../shared/wire.ts";
import { sameSet } from "../vendor.ts";

const text: PropertySpec = { type: "string" };
const number: PropertySpec = { type: "number" };
const texts: PropertySpec = { type: "array" };
const block = (fields: PropertyTable): PropertySpec => ({ type: "object", fields });
const blocks = (fields: PropertyTable): PropertySpec => ({ type: "array", fields });

/** The properties that go into a version of the template, as the vendor has them. Three-valued booleans are texts there. */
export const dataProperties: PropertyTable = {
  blockDeviceMappings: blocks({
    deviceName: text,
    ebs: block({
      deleteOnTermination: text,
      encrypted: text,
      iops: number,
      kmsKeyId: text,
      snapshotId: text,
      throughput: number,
      volumeInitializationRate: number,
      volumeSize: number,
      volumeType: text,
    }),
    noDevice: text,
    virtualName: text,
  }),
  disableApiStop: { type: "boolean" },
  disableApiTermination: { type: "boolean" },
  ebsOptimized: text,
  iamInstanceProfile: block({ arn: text, name: text }),
  imageId: text,
  instanceInitiatedShutdownBehavior: { type: "string", oneOf: ["stop", "terminate"] },
  instanceType: text,
  keyName: text,
  licenseSpecifications: blocks({ licenseConfigurationArn: { type: "string", required: true } }),
  maintenanceOptions: block({ autoRecovery: { type: "string", oneOf: ["default", "disabled"] } }),
  metadataOptions: block({
    httpEndpoint: { type: "string", oneOf: ["enabled", "disabled"] },
    httpProtocolIpv6: { type: "string", oneOf: ["enabled", "disabled"] },
    httpPutResponseHopLimit: number,
    httpTokens: { type: "string", oneOf: ["optional", "required"] },
    instanceMetadataTags: { type: "string", oneOf: ["enabled", "disabled"] },
  }),
  monitoring: block({ enabled: { type: "boolean" } }),
  networkInterfaces: blocks({
    associatePublicIpAddress: text,
    deleteOnTermination: text,
    description: text,
    deviceIndex: number,
    networkInterfaceId: text,
    privateIpAddress: text,
    securityGroups: texts,
    subnetId: text,
  }),
  placement: block({
    affinity: text,
    availabilityZone: text,
    groupId: text,
    groupName: text,
    hostId: text,
    hostResourceGroupArn: text,
    partitionNumber: number,
    spreadDomain: text,
    tenancy: text,
  }),
  securityGroupNames: { type: "array", same: sameSet },
  tagSpecifications: blocks({ resourceType: text, tags: { type: "object" } }),
  userData: text,
  vpcSecurityGroupIds: { type: "array", same: sameSet },
};

/** The vendor's other properties of a template: none of them means anything to a Mac, and the stand-in refuses them. */
export const otherDataProperties = [
  "capacityReservationSpecification",
  "cpuOptions",
  "creditSpecification",
  "enclaveOptions",
  "hibernationOptions",
  "instanceMarketOptions",
  "instanceRequirements",
  "kernelId",
  "networkPerformanceOptions",
  "privateDnsNameOptions",
  "ramDiskId",
  "secondaryInterfaces",
];

/** Where EC2's name is not the vendor's with a capital letter. */
const RENAMED: Record<string, string> = {
  vpcSecurityGroupIds: "SecurityGroupIds",
  securityGroupNames: "SecurityGroups",
  "networkInterfaces.securityGroups": "Groups",
};
const RENAMED_BACK = Object.fromEntries(
  Object.entries(RENAMED).map(([ours, theirs]) => [theirs, ours.split(".").at(-1)]),
);

/** Booleans that the vendor writes as "true", "false" or "" for unset. */
const TEXT_BOOLEANS = new Set(["ebsOptimized", "encrypted", "deleteOnTermination", "associatePublicIpAddress"]);

/** The properties as EC2 takes them. */
export function toLaunchTemplateData(inputs: Properties): RequestLaunchTemplateData {
  const given = Object.entries(inputs).filter(([name]) => name in dataProperties);
  return toEc2(Object.fromEntries(given), "") as RequestLaunchTemplateData;
}

/** A version's data as the vendor's properties; only what the version says, without EC2's defaults. */
export function fromLaunchTemplateData(data: ResponseLaunchTemplateData): Properties {
  // moto mixes the template's own tags in with those of what is launched; EC2 knows no such tags there.
  const TagSpecifications = data.TagSpecifications?.filter(({ ResourceType }) => ResourceType !== "launch-template");
  const properties = fromEc2({ ...data, TagSpecifications }) as Properties;
  const known = Object.entries(properties).filter(([name, value]) => name in dataProperties && !isEmpty(value));
  return Object.fromEntries(known);
}

function toEc2(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => toEc2(item, path));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== "");
  return Object.fromEntries(
    entries.map(([name, inner]) => {
      const ec2Name = RENAMED[path ? `${path}.${name}` : name] ?? name.charAt(0).toUpperCase() + name.slice(1);
      if (name === "tags")
        return [ec2Name, Object.entries(inner as Properties).map(([Key, Value]) => ({ Key, Value }))];
      return [ec2Name, TEXT_BOOLEANS.has(name) ? inner === "true" : toEc2(inner, name)];
    }),
  );
}

function fromEc2(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromEc2);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.map(([ec2Name, inner]) => {
      const name = RENAMED_BACK[ec2Name] ?? ec2Name.charAt(0).toLowerCase() + ec2Name.slice(1);
      if (name === "tags")
        return [
          name,
          Object.fromEntries((inner as { Key: string; Value: string }[]).map((tag) => [tag.Key, tag.Value])),
        ];
      return [name, TEXT_BOOLEANS.has(name) ? String(inner) : fromEc2(inner)];
    }),
  );
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}
