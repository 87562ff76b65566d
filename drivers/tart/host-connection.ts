import { z } from "zod";
import { sshExec } from "../exec/ssh.ts";
import type { Exec } from "../exec/types.ts";

/** A Mac of your own and how to reach it. */
export interface TartHostConnection {
  name: string;
  address: string;
  port: number;
  user: string;
  /** The only key it may show: `ssh-ed25519 AAAA…`. */
  hostKey: string;
}

/** For resources that name their host. */
export const hostConnectionSchema = z.object({
  name: z.string().min(1),
  address: z.string().min(1),
  port: z.int().min(1).max(65_535),
  user: z.string().min(1),
  hostKey: z.string().regex(/^\S+ [A-Za-z0-9+/]+=*/, "is not a public key such as `ssh-ed25519 AAAA…`"),
});

/** Changes to a Mac go one after the other, as tart has one lock for all of them, and so do pulls. */
export type Lane = "change" | "pull";

/** Where a resource's commands run and in what order. */
export interface TartHosts {
  execFor(connection: TartHostConnection): Exec;
  /** Runs `work` when nothing else in this lane of this Mac does. */
  inLane<T>(connection: TartHostConnection, lane: Lane, work: () => Promise<T>): Promise<T>;
}

let privateKey: string | undefined;

/** Takes the private key to all Macs from the stack's settings; without one the ssh agent is asked. */
export function configureHosts(setting: (key: string) => string | undefined): void {
  privateKey = setting("sshPrivateKey") || undefined;
}

/** Several sessions share one ssh connection, and sshd allows 10 of them. */
const sessionsPerHost = 8;

/** The Macs of this process. All resources share it, so that the lanes hold. */
export const sshHosts: TartHosts = tartHosts((connection) =>
  sshExec({ ...connection, identity: privateKey ? { privateKey } : { agent: true } }),
);

/** Macs whose commands run through `open`, which is asked once for each connection. */
export function tartHosts(open: (connection: TartHostConnection) => Exec): TartHosts {
  const execs = new Map<string, Exec>();
  const lanes = new Map<string, Limit>();
  return {
    execFor(connection) {
      const key = JSON.stringify(hostConnectionSchema.parse(connection));
      const known = execs.get(key);
      if (known) return known;
      const exec = limited(open(connection), limit(sessionsPerHost));
      execs.set(key, exec);
      return exec;
    },
    inLane({ address, port }, lane, work) {
      const key = `${address}:${port} ${lane}`;
      const queue = lanes.get(key) ?? limit(1);
      lanes.set(key, queue);
      return queue(work);
    },
  };
}

type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many run at once; the others wait in order. */
function limit(places: number): Limit {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

function limited(exec: Exec, queue: Limit): Exec {
  return { where: exec.where, run: (command) => queue(() => exec.run(command)) };
}
