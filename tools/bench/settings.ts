const clusterId = "0f4c8a1e-5b7d-4c39-9e26-7a1d3b8f6c52";

/** A stack file for a fleet of so many machines: half of them on Orka, a quarter on EC2, a quarter on Macs with Tart. */
export function fleetOf(machines: number): { config: Record<string, unknown> } {
  const ec2 = Math.floor(machines / 4);
  const tart = Math.floor(machines / 4);
  const orka = machines - ec2 - tart;
  const key = (name: string) => `mac-runner-fleet:${name}`;
  return {
    config: {
      "aws:region": "us-east-1",
      [key("fleet")]: { name: "bench" },
      [key("runners")]: [
        { name: "buildkite", ci: "buildkite", organization: "example-org", queue: "macos", cluster: clusterId },
      ],
      [key("images")]: [
        { name: "ec2", kind: "ec2-mac", macos: 15, ami: "ami-0123456789abcdef0" },
        { name: "orka", kind: "orka", macos: 15, image: "sequoia", diskGb: 90 },
        { name: "tart", kind: "tart", macos: 15, reference: `registry.example.com/macos@sha256:${"0".repeat(64)}` },
      ],
      [key("pools")]: [
        ...inChunks(ec2, 200).map((hosts, index) => ec2Pool(`ec2-${index + 1}`, hosts)),
        ...inChunks(orka, 200).map((count, index) => orkaPool(`orka-${index + 1}`, count)),
        ...inChunks(tart, 200).map((vms, index) => tartPool(`tart-${index + 1}`, index, vms)),
      ],
    },
  };
}

/** 450 in chunks of 200 is 200, 200, 50. */
function inChunks(total: number, size: number): number[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, index) => Math.min(size, total - index * size));
}

function ec2Pool(name: string, hosts: number) {
  return {
    name,
    kind: "ec2-mac",
    runner: "buildkite",
    image: "ec2",
    zones: ["us-east-1a", "us-east-1b"],
    instanceType: "mac2.metal",
    hosts,
    hostNamePrefix: name,
  };
}

function orkaPool(name: string, count: number) {
  return {
    name,
    kind: "orka",
    runner: "buildkite",
    apiUrl: "http://10.221.188.20",
    vms: [{ image: "orka", count }],
    vm: { cpu: 12, memoryGb: 32, diskGb: 500 },
  };
}

function tartPool(name: string, poolIndex: number, vms: number) {
  const hosts = inChunks(vms, 2).map((slots, index) => ({
    name: `${name}-mac-${index + 1}`,
    address: `10.${poolIndex}.${Math.floor(index / 200)}.${(index % 200) + 1}`,
    hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILaMHflgvauqoBHX2QPki+JP7n4OcN35bi9bofnAhac0",
    slots,
  }));
  return {
    name,
    kind: "tart",
    runner: "buildkite",
    image: "tart",
    sshUser: "admin",
    hosts,
    vm: { cpu: 4, memoryGb: 8, diskGb: 50 },
  };
}
