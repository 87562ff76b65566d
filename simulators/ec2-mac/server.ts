import { EventEmitter, once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createSimClock, type SimClock } from "./clock.ts";
import { shutDown } from "./control.ts";
import { Front } from "./front.ts";
import { type Guests, type GuestsOptions, startGuests } from "./guest/guests.ts";
import { startMoto } from "./moto.ts";
import type { HostQuota } from "./quotas.ts";
import type { SimEvents } from "./services.ts";
import { loadState, type SimState } from "./state.ts";

/** How to run the simulated AWS. */
export interface Ec2MacOptions {
  /** Path of the `moto_server` program. */
  motoServer: string;
  /** Loopback port; 0, the default, takes a free one. */
  port?: number;
  /** Default: real time. */
  clock?: SimClock;
  /** Keeps hosts and instances over a restart; what moto holds is gone with it. */
  stateFile?: string;
  /** Chooses ids and durations: the same seed, the same day. */
  seed?: string;
  /** Hosts of each instance family (`mac2`) that the account may have; default 100. */
  hostQuota?: HostQuota;
  /** Boots a real macOS, as far as it is simulated, for every instance; without it instances are only states. */
  guests?: GuestsOptions;
}

/** A running simulated AWS. */
export interface Ec2Mac {
  /** For `AWS_ENDPOINT_URL`. */
  url: string;
  /** Of the moto behind it. */
  motoUrl: string;
  clock: SimClock;
  /** What happens by itself: `fired` for each time a schedule was due, `returned` for each run of a function. */
  events: EventEmitter<SimEvents>;
  /** The Macs, if they were asked for. */
  guests: Guests | undefined;
  close(): Promise<void>;
}

/**
 * Starts moto and, in front of it, the EC2 that knows Macs. Any credentials will do.
 * @throws Error when moto does not start, the port is taken, or the state file is not ours
 */
export async function startEc2Mac(options: Ec2MacOptions): Promise<Ec2Mac> {
  const state = loadState(options.stateFile);
  const clock = options.clock ?? resumedClock(state.clock);
  const seed = options.seed ?? "fleet";
  const events = new EventEmitter<SimEvents>();
  const moto = await startMoto(options.motoServer);
  let guests: Guests | undefined;
  let port = options.port ?? 0;
  const url = () => `http://127.0.0.1:${port}`;
  const front = new Front({
    state,
    clock,
    motoUrl: moto.url,
    stateFile: options.stateFile,
    seed,
    hostQuota: options.hostQuota,
    events,
    url,
    guests: () => guests,
  });
  // Longer than any test: a client that asks once must not meet a connection that is just being closed.
  const server = createServer(
    { keepAliveTimeout: 600_000 },
    (request, response) => void front.answer(request, response),
  );
  const close = async () => {
    await guests?.close();
    await closeServer(server);
    await front.close();
    await moto.close();
  };
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
    const world = { state, clock, url: url(), shutDown: (id: string) => void shutDown({ state, clock, seed }, id) };
    if (options.guests) guests = await startGuests(options.guests, world);
    return { url: url(), motoUrl: moto.url, clock, events, guests, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Time goes on while the simulator is down, at the rate it had. */
function resumedClock(saved: SimState["clock"]): SimClock {
  if (!saved) return createSimClock();
  const meanwhile = (Date.now() - saved.savedAt) * saved.rate;
  return createSimClock({ startsAt: saved.now + meanwhile, rate: saved.rate });
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
