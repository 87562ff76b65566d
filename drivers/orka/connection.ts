import { DriverError } from "../errors.ts";
import { localExec } from "../exec/local.ts";
import type { Exec } from "../exec/types.ts";
import { orkaCli } from "./cli.ts";
import { openSession } from "./session.ts";
import type { Orka, OrkaCluster } from "./types.ts";

/** Opens the way to a cluster. */
export type Connect = (cluster: OrkaCluster, token: string) => Promise<Orka>;

/** One session for each cluster, namespace and token, shared by all resources; one that failed to open is not kept. */
export function sharedConnections(exec: Exec): Connect {
  const open = new Map<string, Promise<Orka>>();
  return (cluster, token) => {
    const key = JSON.stringify([cluster.apiUrl, cluster.namespace, token]);
    const known = open.get(key);
    if (known) return known;
    const opening = openSession(exec, cluster, token).then((session) => orkaCli(exec, session));
    open.set(key, opening);
    opening.catch(() => open.delete(key));
    return opening;
  };
}

/** The way that resources take: orka3 on this computer. */
export const connect: Connect = sharedConnections(localExec());

/** The token that `configure` was given. @throws DriverError `access-denied` that names the setting when it is missing */
export function requireToken(token: string | undefined): string {
  if (token) return token;
  throw new DriverError("There is no token for the Orka cluster", {
    kind: "access-denied",
    hint: "Set it once for the stack: pulumi config set --secret orkaToken",
  });
}
