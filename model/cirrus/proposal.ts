import { parseTartReference } from "../settings/tart-reference.ts";
import type { Settings } from "../settings.ts";
import type { Findings } from "./findings.ts";
import type { PoolDemand } from "./pool-demand.ts";
import type { CiSystem } from "./variables.ts";

/** Settings to add to a stack file. What only a person knows stands there as `<words>`, which `fleet check` refuses. */
export interface SettingsFragment {
  runners: Record<string, unknown>[];
  images: Record<string, unknown>[];
  pools: Record<string, unknown>[];
}

/** What a VM gets where the file does not say. */
const usualSize = { cpu: 4, memoryGb: 8, diskGb: 100 };

const macosByName: readonly [pattern: RegExp, macos: number][] = [
  [/ventura|macos-?13/i, 13],
  [/sonoma|macos-?14/i, 14],
  [/sequoia|macos-?15/i, 15],
  [/tahoe|macos-?26/i, 26],
];

/** A pool, its image and its queue for a demand that no pool of the fleet serves. */
export function proposePool(
  wanted: PoolDemand,
  ci: CiSystem,
  current: Settings | undefined,
  findings: Findings,
): SettingsFragment {
  const { demand, name } = wanted;
  for (const [label, value] of demand.labels)
    findings.leave(
      demand.line,
      `labels.${label}`,
      `The label ${label}: ${value} says something about certain Macs, and a pool has no labels.`,
      `Put the Macs that had it into pool ${name}, and no others.`,
    );
  const intel = demand.isolation === "none" && demand.architecture === "amd64";
  const { image, pool } = intel ? intelPool(name, findings) : tartPool(wanted, findings);
  return {
    runners: [{ ...runner(name, ci, current), ...(intel && forEc2Macs(ci, current)) }],
    images: [image],
    pools: [pool],
  };
}

/** What Intel Macs on EC2, which set themselves up, need to know of their CI system. */
function forEc2Macs(ci: CiSystem, current: Settings | undefined): Record<string, unknown> {
  if (ci === "github") {
    const labels = ["self-hosted", "macOS", "X64"];
    return { labels, runnerVersion: "<runner version>", runnerArchiveSha256: "<SHA-256 of its archive>" };
  }
  // A new queue is made where the others are.
  const clusters = current?.runners.flatMap((known) =>
    known.ci === "buildkite" && known.cluster ? known.cluster : [],
  );
  return { cluster: clusters?.[0] ?? "<cluster id>" };
}

function runner(name: string, ci: CiSystem, current: Settings | undefined): Record<string, unknown> {
  const known = current?.runners.find((entry) => entry.ci === ci);
  const organization = "<your organization>";
  return ci === "buildkite"
    ? { name, ci, organization: known?.ci === "buildkite" ? known.organization : organization, queue: name }
    : { name, ci, owner: known?.ci === "github" ? known.owner : organization, runnerGroup: name };
}

function tartPool({ demand, name }: PoolDemand, findings: Findings) {
  findings.leave(
    demand.line,
    `pools.${name}.hosts`,
    "A .cirrus.yml does not say which Macs there are: workers came to Cirrus CI by themselves.",
    "Write down each Mac's address and ssh host key, and the user who runs Tart on it.",
  );
  if (demand.cpu === undefined || demand.memoryGb === undefined)
    findings.note(
      demand.line,
      `pools.${name}.vm`,
      `The size of the VMs is a guess where the file does not say: ${usualSize.cpu} cores, ${usualSize.memoryGb} GB.`,
    );
  const size = {
    cpu: Math.max(2, demand.cpu ?? usualSize.cpu),
    memoryGb: Math.max(4, demand.memoryGb ?? usualSize.memoryGb),
    diskGb: usualSize.diskGb,
  };
  const host = { name: `${name}-1`, address: "<address>", hostKey: "<ssh host key>" };
  return {
    image: tartImage({ demand, name }, findings),
    pool: {
      name,
      kind: "tart",
      runner: name,
      image: name,
      sshUser: "<user who runs Tart>",
      hosts: [demand.slots === 2 ? { ...host, slots: 1 } : host],
      vm: size,
    },
  };
}

function tartImage({ demand, name }: PoolDemand, findings: Findings): Record<string, unknown> {
  const { image, line } = demand;
  const macos = macosByName.find(([pattern]) => pattern.test(image ?? ""))?.[1] ?? "<macOS version>";
  if (demand.isolation === "none")
    findings.leave(
      line,
      "persistent_worker",
      "The task ran on the Mac itself. On Macs of your own the fleet gives each job a fresh VM.",
      `Name the image for pool ${name}. A task that needs the hardware (a phone on a cable) can't move into a VM: an ec2-mac pool runs jobs on the Mac, but has no devices.`,
    );
  const parsed = parseTartReference(image ?? "");
  if (parsed?.digest) return { name, kind: "tart", macos, reference: image };
  if (image !== undefined)
    findings.leave(
      line,
      "tart.image",
      `${image} is a name that can move. The fleet runs an image by its digest, so that all Macs run the same bytes.`,
      "Pull it on a Mac, and write the digest that `tart fqn` prints. A copy in a registry of your own can't vanish.",
    );
  const place = parsed ? `${parsed.registry}/${parsed.repository}` : `<registry>/${image ?? "<image>"}`;
  return { name, kind: "tart", macos, reference: `${place}@sha256:<digest>` };
}

function intelPool(name: string, findings: Findings) {
  findings.leave(
    undefined,
    `pools.${name}`,
    "Only EC2 still has Intel Macs for this fleet. A host is billed for 24 hours at least.",
    "Choose zones that have mac1.metal, or build for Intel on Apple silicon with Rosetta.",
  );
  const ssmParameter = "/aws/service/ec2-macos/sequoia/x86_64_mac/latest/image_id";
  return {
    image: { name, kind: "ec2-mac", macos: 15, ssmParameter },
    pool: { name, kind: "ec2-mac", runner: name, image: name, zones: ["<zone>"], instanceType: "mac1.metal", hosts: 1 },
  };
}
