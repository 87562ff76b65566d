import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home, World } from "../world.ts";

/** A user of a registry. */
export interface Credentials {
  username: string;
  password: string;
}

/** Looks in the environment, then in `~/.docker/config.json`, then in the simulated keychain. */
export function findCredentials(home: Home, env: World["env"], host: string): Credentials | undefined {
  return fromEnvironment(env, host) ?? fromDocker(env, host) ?? readKeychain(home)[host];
}

/** Keeps credentials in the simulated keychain. */
export function storeCredentials(home: Home, host: string, credentials: Credentials): void {
  writeKeychain(home, { ...readKeychain(home), [host]: credentials });
}

/** Takes credentials out of the simulated keychain. */
export function removeCredentials(home: Home, host: string): void {
  const { [host]: _, ...kept } = readKeychain(home);
  writeKeychain(home, kept);
}

function fromEnvironment(env: World["env"], host: string): Credentials | undefined {
  const only = env.TART_REGISTRY_HOSTNAME;
  if (only !== undefined && only !== host) return undefined;
  const { TART_REGISTRY_USERNAME: username, TART_REGISTRY_PASSWORD: password } = env;
  return username !== undefined && password !== undefined ? { username, password } : undefined;
}

function fromDocker(env: World["env"], host: string): Credentials | undefined {
  const path = join(env.HOME ?? "/", ".docker", "config.json");
  if (!existsSync(path)) return undefined;
  const auth = JSON.parse(readFileSync(path, "utf8")).auths?.[host]?.auth;
  if (typeof auth !== "string") return undefined;
  // A password with a colon breaks the real one too: it wants exactly two parts.
  const parts = Buffer.from(auth, "base64").toString("utf8").split(":");
  const [username, password] = parts;
  return parts.length === 2 && username && password ? { username, password } : undefined;
}

function keychainPath(home: Home): string {
  return join(home.host, "keychain.json");
}

function readKeychain(home: Home): Record<string, Credentials> {
  return existsSync(keychainPath(home)) ? JSON.parse(readFileSync(keychainPath(home), "utf8")) : {};
}

function writeKeychain(home: Home, entries: Record<string, Credentials>): void {
  writeFileSync(keychainPath(home), JSON.stringify(entries), { mode: 0o600 });
}
