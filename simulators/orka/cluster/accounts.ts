import { randomBytes } from "node:crypto";
import { checkName } from "./rules.ts";
import type { ClusterState, NamespaceState, ServiceAccountState } from "./state.ts";
import { DEFAULT_NAMESPACE } from "./state.ts";
import { alreadyExists, denied, invalid, notFound } from "./status.ts";

/** Adds a service account. @throws ApiError */
export function addServiceAccount(state: ClusterState, namespace: string, name: string): ServiceAccountState {
  checkName("ServiceAccount", name);
  if (state.serviceAccounts.some((s) => s.namespace === namespace && s.name === name)) {
    throw alreadyExists("serviceaccounts", name);
  }
  const account: ServiceAccountState = { namespace, name, tokens: [] };
  state.serviceAccounts.push(account);
  return account;
}

/** Finds a service account. @throws ApiError 404 */
export function findServiceAccount(state: ClusterState, namespace: string, name: string): ServiceAccountState {
  const account = state.serviceAccounts.find((s) => s.namespace === namespace && s.name === name);
  if (!account) throw notFound("serviceaccounts", name);
  return account;
}

/** Removes a service account, which voids its tokens. @throws ApiError 404 */
export function deleteServiceAccount(state: ClusterState, namespace: string, name: string): void {
  const account = findServiceAccount(state, namespace, name);
  state.serviceAccounts = state.serviceAccounts.filter((s) => s !== account);
}

/** Issues a token; without `expiresAt` it never ends. */
export function issueToken(account: ServiceAccountState, expiresAt: number | undefined): string {
  const token = `sa-${account.name}-${randomBytes(24).toString("base64url")}`;
  account.tokens.push(expiresAt === undefined ? { token } : { token, expiresAt });
  return token;
}

/** Adds a namespace. @throws ApiError */
export function addNamespace(state: ClusterState, name: string, customPods: boolean): NamespaceState {
  checkName("Namespace", name);
  if (state.namespaces.some((n) => n.name === name)) throw alreadyExists("namespaces", name);
  const namespace: NamespaceState = { name, customPods, users: [], serviceAccounts: [] };
  state.namespaces.push(namespace);
  return namespace;
}

/** Finds a namespace. @throws ApiError 404 */
export function findNamespace(state: ClusterState, name: string): NamespaceState {
  const namespace = state.namespaces.find((n) => n.name === name);
  if (!namespace) throw notFound("namespaces", name);
  return namespace;
}

/** Removes a namespace and what is in it; its nodes go back to the default one. @throws ApiError */
export function deleteNamespace(state: ClusterState, name: string): void {
  const namespace = findNamespace(state, name);
  if (name === DEFAULT_NAMESPACE) throw denied("vnamespace.kb.io", `cannot delete namespace "${name}"`);
  state.namespaces = state.namespaces.filter((n) => n !== namespace);
  state.vms = state.vms.filter((vm) => vm.namespace !== name);
  state.serviceAccounts = state.serviceAccounts.filter((s) => s.namespace !== name);
  state.registryCredentials = state.registryCredentials.filter((c) => c.namespace !== name);
  for (const node of state.nodes) if (node.namespace === name) node.namespace = DEFAULT_NAMESPACE;
}

/** A change of who may work in a namespace. Service accounts are written `namespace:name`. */
export interface Subjects {
  users?: string[];
  serviceAccounts?: string[];
}

/** Lets subjects into a namespace or takes their way in away. */
export function bindSubjects(namespace: NamespaceState, subjects: Subjects, present: boolean): void {
  const change = (old: string[], named: string[] = []) => {
    const others = old.filter((subject) => !named.includes(subject));
    return present ? [...others, ...named] : others;
  };
  namespace.users = change(namespace.users, subjects.users);
  namespace.serviceAccounts = change(namespace.serviceAccounts, subjects.serviceAccounts);
}

/** Adds a registry login; SERVER includes the scheme. @throws ApiError */
export function addRegistryCredential(
  state: ClusterState,
  credential: { namespace: string; server: string; username: string },
  replace: boolean,
): void {
  if (!/^https?:\/\/[^/]+$/.test(credential.server)) throw invalid(`invalid registry server "${credential.server}"`);
  const others = state.registryCredentials.filter(
    (c) => c.namespace !== credential.namespace || c.server !== credential.server,
  );
  const taken = others.length < state.registryCredentials.length;
  if (taken && !replace) throw alreadyExists("registrycredentials", credential.server);
  state.registryCredentials = [...others, credential];
}

/** Removes a registry login. @throws ApiError 404 */
export function removeRegistryCredential(state: ClusterState, namespace: string, server: string): void {
  const others = state.registryCredentials.filter((c) => c.namespace !== namespace || c.server !== server);
  if (others.length === state.registryCredentials.length) throw notFound("registrycredentials", server);
  state.registryCredentials = others;
}
