import { minute } from "../hours.ts";
import type { Order, Pool, Rule, Step } from "../types.ts";
import { instances, launches, releaseWhenPaid } from "./leases.ts";

/** What the Buildkite agent scaler is set to. One agent for each instance; waiting jobs are not included. */
export interface ScalerSettings {
  max: number;
  /** After this long without a job an agent ends its own instance. */
  idleSeconds: number;
}

const pollSeconds = 10;
const outCooldownSeconds = 5 * minute;
const availabilityThreshold = 0.5;

interface Memory {
  desired: number;
  /** When it last scaled out. */
  outAt: number;
}

/**
 * The Buildkite agent scaler (buildkite/buildkite-agent-scaler) over hosts with leases, of which it knows nothing: an
 * instance starts on an empty host, or else on a new one; an empty host is released after its 24 hours. It polls every
 * 10 seconds; here it is asked at those polls that can find something new.
 */
export function agentScaler({ max, idleSeconds }: ScalerSettings): Rule<Memory> {
  return {
    name: `agent scaler, idle ${idleSeconds / minute} min`,
    wakesOn: ["arrival", "ready", "job-done", "stopped", "available", "reminder"],
    gives: "last-idle",
    memory: { desired: 0, outAt: Number.NEGATIVE_INFINITY },
    decide(pool, memory, { kind, host }) {
      if (kind === "look") return poll(pool, memory, max);
      const lookAt = nextPoll(pool.now);
      if (!host) return { orders: [], memory, lookAt };
      if (kind === "job-done" || kind === "ready")
        return { orders: [{ kind: "remind", host, at: pool.now + idleSeconds }], memory, lookAt };
      const isIdle = host.state === "ready" && host.job < 0 && pool.now >= host.idleSince + idleSeconds;
      if (kind !== "reminder" || !isIdle) return { orders: releaseWhenPaid(pool, { kind, host }), memory, lookAt };
      const desired = Math.max(0, memory.desired - 1);
      return { orders: [{ kind: "terminate", host }], memory: { ...memory, desired }, lookAt };
    },
  };
}

function nextPoll(now: number): number {
  return (Math.floor(now / pollSeconds) + 1) * pollSeconds;
}

function poll(pool: Pool, memory: Memory, max: number): Step<Memory> {
  const want = wanted(pool, memory.desired, max);
  if (want <= memory.desired) return { orders: [], memory };
  const from = memory.outAt + outCooldownSeconds;
  if (pool.now < from) return { orders: [], memory, lookAt: from };
  const orders: Order[] = launches(pool, want - instances(pool));
  // As long as few of its agents are online it wants one more after each cooldown.
  return { orders, memory: { desired: want, outAt: pool.now }, lookAt: pool.now + outCooldownSeconds };
}

/** How many instances it wants: S + R, one more when few agents are online, within its limits. */
function wanted(pool: Pool, desired: number, max: number): number {
  const need = pool.waiting + pool.running;
  const actual = instances(pool) || desired;
  const availability = actual > 0 ? pool.online / actual : 1;
  const isUnavailable = need > 0 && availability < availabilityThreshold && actual === desired;
  return Math.min(max, isUnavailable ? Math.max(need, desired + 1) : need);
}
