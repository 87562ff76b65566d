import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { type ParsedSettings, parseSettings, type RawSettings, type Settings } from "../../../model/settings.ts";
import { readStackFile } from "../../../model/stack-file.ts";

/** A stack file from the project's root. */
export function readStack(name: "local" | "staging" | "production"): RawSettings {
  return readFile(new URL(`../../../Pulumi.${name}.yaml`, import.meta.url));
}

/** A stack file in YAML. */
export function readFile(path: URL): RawSettings {
  return readStackFile(parse(readFileSync(path, "utf8")));
}

/** The settings, where there is no mistake in them. */
export function valid(parsed: ParsedSettings): Settings {
  if (!parsed.ok) throw new Error(`mistakes in ${parsed.problems.map((problem) => problem.path).join(", ")}`);
  return parsed.settings;
}

/** A small fleet with one pool of each kind and nothing that has a default. */
export const smallest: RawSettings["blocks"] = {
  fleet: { name: "ci-macs" },
  runners: [
    {
      name: "buildkite",
      ci: "buildkite",
      organization: "example-org",
      queue: "macos",
      cluster: "0f4c8a1e-5b7d-4c39-9e26-7a1d3b8f6c52",
    },
  ],
  images: [
    { name: "ec2", kind: "ec2-mac", macos: 15, ami: "ami-0123456789abcdef0" },
    { name: "orka", kind: "orka", macos: 15, image: "sequoia-90gb-orka3-arm64", diskGb: 90 },
    { name: "tart", kind: "tart", macos: 15, reference: `ghcr.io/example-org/macos@sha256:${"0".repeat(64)}` },
  ],
  pools: [
    {
      name: "cloud",
      kind: "ec2-mac",
      runner: "buildkite",
      image: "ec2",
      zones: ["us-east-1a"],
      instanceType: "mac2.metal",
      hosts: 3,
    },
    {
      name: "cluster",
      kind: "orka",
      runner: "buildkite",
      apiUrl: "http://10.221.188.20",
      vms: [{ image: "orka", count: 1 }],
      vm: { cpu: 12, memoryGb: 32, diskGb: 500 },
    },
    {
      name: "office",
      kind: "tart",
      runner: "buildkite",
      image: "tart",
      sshUser: "admin",
      hosts: [
        {
          name: "office-mac-1",
          address: "10.0.1.11",
          hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHKXsZYfVwJTbsNZ9iWYy/V2pyqAnaORgtAV3pt7WwoP",
        },
      ],
      vm: { cpu: 4, memoryGb: 8, diskGb: 50 },
    },
  ],
};

/** The smallest fleet as a stack file of us-east-1 holds it, with other blocks where given. */
export function stackOf(blocks: RawSettings["blocks"] = {}): RawSettings {
  return { blocks: { ...structuredClone(smallest), ...blocks }, region: "us-east-1", secretKeys: [], plainKeys: [] };
}

/** Parses the smallest fleet with one value changed. `path` is written as in problems. */
export function withValue(path: string, value: unknown): ParsedSettings {
  const raw = stackOf();
  const keys = path.split(/[.[\]]+/).filter(Boolean);
  const last = keys.pop() ?? "";
  const parent = keys.reduce((node: Record<string, never>, key) => node[key] ?? {}, raw.blocks as never);
  Object.assign(parent, { [last]: value });
  return parseSettings(raw);
}
