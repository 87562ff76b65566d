import { nextId, type SimHost, type SimState } from "./state.ts";
import { ASSESSMENT_SECONDS } from "./timings.ts";

/** Breaks a host's hardware: ten minutes of `under-assessment`, then `permanent-failure`. */
export function breakHost(host: SimHost, now: number): void {
  host.failure ??= { from: now, permanentFrom: now + ASSESSMENT_SECONDS * 1000 };
}

/**
 * Does what host recovery has done by now: a broken host with recovery on is replaced by one with a NEW id and the same
 * tags, zone and type; the instance moves there and keeps its id.
 */
export function recoverHosts(state: SimState, now: number, seed: string): void {
  for (const host of state.hosts) {
    const { failure } = host;
    if (host.hostRecovery !== "on" || !failure || failure.replacedBy || now < failure.permanentFrom) continue;
    const { failure: _, scrub: __, clientToken: ___, ...kept } = host;
    const replacement: SimHost = { ...kept, hostId: nextId(state, "h", seed), allocatedAt: failure.permanentFrom };
    failure.replacedBy = replacement.hostId;
    state.hosts.push(replacement);
    for (const instance of state.instances) {
      if (instance.hostId === host.hostId) instance.hostId = replacement.hostId;
    }
  }
}
