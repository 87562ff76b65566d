import * as pulumi from "@pulumi/pulumi";
import type { PoolPlace, StackPlace } from "../model/names.ts";
import { imageOf, type PoolSettings, type RunnerSettings, runnerOf, type Settings } from "../model/settings.ts";
import { Ec2MacPool } from "./ec2-mac/pool.ts";
import type { HeldHosts } from "./held-hosts.ts";
import { OrkaPool } from "./orka/pool.ts";
import { TartPool } from "./tart/pool.ts";

/** What the pools of a fleet share. */
export interface FleetContext {
  settings: Settings;
  place: StackPlace;
  fleetId: pulumi.Output<string>;
  held: HeldHosts;
}

/** What a stack tells of a pool. */
export type PoolOutput =
  | { kind: "ec2-mac"; hosts: pulumi.Output<string>[]; launchTemplate: pulumi.Output<string> }
  | { kind: "orka" | "tart"; machines: pulumi.Output<string>[] };

/** Declares a pool of whatever kind. */
export function createPool(pool: PoolSettings, context: FleetContext): PoolOutput {
  const { settings, fleetId } = context;
  const place: PoolPlace = { ...context.place, pool: pool.name };
  switch (pool.kind) {
    case "ec2-mac": {
      const image = imageOf(settings, pool.kind, pool.image);
      const { alerts, notify } = settings;
      const runner = runnerOf(settings, pool.runner);
      const made = new Ec2MacPool(pool.name, {
        place,
        pool,
        image,
        alerts,
        notify,
        runner,
        apiToken: apiTokenOf(runner),
        fleetId,
        held: context.held.get(pool.name) ?? [],
        tags: settings.fleet.tags,
      });
      return { kind: pool.kind, hosts: made.hosts.map((host) => host.id), launchTemplate: made.launchTemplateId };
    }
    case "orka": {
      const made = new OrkaPool(pool.name, {
        place,
        pool,
        imageOf: (name) => imageOf(settings, "orka", name),
        fleetId,
      });
      return { kind: pool.kind, machines: made.vms.map((vm) => vm.name) };
    }
    case "tart": {
      const privateKey = new pulumi.Config().getSecret("sshPrivateKey");
      const made = new TartPool(pool.name, {
        place,
        pool,
        image: imageOf(settings, pool.kind, pool.image),
        fleetId,
        privateKey,
      });
      return { kind: pool.kind, machines: made.vms.map((vm) => vm.name) };
    }
  }
}

/** The token with which a controller talks to the CI system. A preview does without. */
function apiTokenOf(runner: RunnerSettings): pulumi.Output<string> | undefined {
  return new pulumi.Config().getSecret(runner.ci === "buildkite" ? "buildkiteApiToken" : "githubToken");
}
