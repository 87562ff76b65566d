import { DriverError, isFailure } from "../errors.ts";
import { recognise } from "./errors.ts";
import type { Tart } from "./types.ts";
import { type VmAgent, vmAgent } from "./vm-agent.ts";
import type { VmPorts } from "./vm-build.ts";

const startSeconds = 300;
/** Tart says "running" before the VM starts, and an old lease gives an address to one that is off. */
const agreeingReadings = 2;

/**
 * Has launchd keep the VM running and waits until it has an address. One that runs already is left alone.
 * @returns the guest's IPv4 address
 * @throws DriverError `slot-limit`, `keychain-locked`, `no-gui-session` after taking the VM from launchd again; `timeout`
 */
export async function startVm(ports: VmPorts, name: string): Promise<string> {
  const { exec, tart, places, clock } = ports;
  const agent = vmAgent(exec, places, name, clock);
  const { state } = await tart.get(name);
  const isLoaded = await agent.isLoaded();
  if (state !== "running" || !isLoaded) {
    if (isLoaded) await agent.unload();
    if (isLoaded || state !== "stopped") await tart.stop(name);
    await agent.start();
  }
  const deadline = clock.now() + startSeconds;
  let agreed = 0;
  for (;;) {
    const address = await runningAddress(ports, name, agent);
    agreed = address ? agreed + 1 : 0;
    if (address && agreed === agreeingReadings) return address;
    if (clock.now() > deadline) throw tooSlow(ports, name, await agent.lastWords());
    await clock.sleep(1);
  }
}

/** The address of a running VM, so far as it has one. */
async function runningAddress(ports: VmPorts, name: string, agent: VmAgent): Promise<string | undefined> {
  const { state } = await ports.tart.get(name);
  if (state !== "running") {
    await failOnKnownCause(ports, name, agent);
    return undefined;
  }
  return currentAddress(ports.tart, name);
}

/** launchd would start it again and again, to no avail. */
async function failOnKnownCause({ exec }: VmPorts, name: string, agent: VmAgent): Promise<void> {
  const vendorText = await agent.lastWords();
  const verdict = recognise(vendorText);
  if (!verdict) return;
  await agent.unload();
  throw new DriverError(`VM ${name} on ${exec.where} does not start`, { ...verdict, vendorText });
}

function tooSlow({ exec }: VmPorts, name: string, vendorText: string): DriverError {
  return new DriverError(`VM ${name} on ${exec.where} had no address after ${startSeconds} s`, {
    kind: "timeout",
    vendorText,
    hint: `Look at its screen, and at ~/.mac-runner-fleet/log/${name}.err on the Mac.`,
  });
}

/** The guest's IPv4 address; undefined while it has none. @throws DriverError when tart could not look */
export async function currentAddress(tart: Tart, name: string): Promise<string | undefined> {
  try {
    return await tart.ip(name);
  } catch (error) {
    if (isFailure(error, "failed", "not-running") && /no IP address found/.test(error.vendorText)) return undefined;
    throw error;
  }
}
