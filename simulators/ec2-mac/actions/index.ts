import type { Action } from "../context.ts";
import { allocateHosts, describeHosts, describeMacHosts, modifyHosts, releaseHosts } from "./hosts.ts";
import {
  describeInstanceStatus,
  describeInstances,
  startInstances,
  stopInstances,
  terminateInstances,
} from "./instances.ts";
import { runInstances } from "./launch.ts";
import { createReplaceRootVolumeTask, describeReplaceRootVolumeTasks } from "./root-volume.ts";
import { createTags, deleteTags, describeTags } from "./tags.ts";

/** The EC2 calls where a Mac is different. Every other call of every service is moto's. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["AllocateHosts", allocateHosts],
  ["DescribeHosts", describeHosts],
  ["ModifyHosts", modifyHosts],
  ["ReleaseHosts", releaseHosts],
  ["DescribeMacHosts", describeMacHosts],
  ["RunInstances", runInstances],
  ["TerminateInstances", terminateInstances],
  ["StopInstances", stopInstances],
  ["StartInstances", startInstances],
  ["DescribeInstances", describeInstances],
  ["DescribeInstanceStatus", describeInstanceStatus],
  ["CreateReplaceRootVolumeTask", createReplaceRootVolumeTask],
  ["DescribeReplaceRootVolumeTasks", describeReplaceRootVolumeTasks],
  ["CreateTags", createTags],
  ["DeleteTags", deleteTags],
  ["DescribeTags", describeTags],
]);
