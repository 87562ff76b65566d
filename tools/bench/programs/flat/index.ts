/**
 * What anyone would write without thinking about fleets: so many plain resources in a loop, of the same kinds as the
 * measured fleet's, with no components, no settings and no rendering.
 */
import { DedicatedHost } from "@pulumi/aws/ec2/dedicatedHost.js";
import { Topic } from "@pulumi/aws/sns/topic.js";
import { Command } from "@pulumi/command/remote/command.js";
import { ActionsRunnerGroup } from "@pulumi/github/actionsRunnerGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId.js";

interface Mix {
  hosts: number;
  otherAws: number;
  commands: number;
  runnerGroups: number;
  dynamic: number;
  /** Components have no counterpart here; a random id stands for each, so that the engine handles as many resources. */
  random: number;
}

const provider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    return { id: inputs.name, outs: inputs };
  },
};
class Plain extends pulumi.dynamic.Resource {
  constructor(name: string, cpu: number) {
    super(provider, name, { name, image: "sequoia", cpu, memoryGb: 32, diskGb: 500 });
  }
}

const mix = new pulumi.Config().requireObject<Mix>("mix");
const each = (count: number, make: (index: number) => unknown) =>
  Array.from({ length: count }, (_, index) => make(index));
each(mix.random, (index) => new RandomId(`random-${index}`, { byteLength: 4 }));
each(mix.hosts, (index) => {
  const tags = { Name: `host-${index}` };
  new DedicatedHost(`host-${index}`, { availabilityZone: "us-east-1a", instanceType: "mac2.metal", tags });
});
each(mix.otherAws, (index) => new Topic(`topic-${index}`, { name: `topic-${index}` }));
each(mix.commands, (index) => {
  new Command(`command-${index}`, { connection: { host: "10.0.0.1", user: "admin" }, create: "true" });
});
each(mix.runnerGroups, (index) => new ActionsRunnerGroup(`group-${index}`, { visibility: "private" }));
each(mix.dynamic, (index) => new Plain(`plain-${index}`, 12));
