import type { Subjects } from "./accounts.ts";
import {
  addNamespace,
  addRegistryCredential,
  addServiceAccount,
  bindSubjects,
  deleteNamespace,
  deleteServiceAccount,
  findNamespace,
  findServiceAccount,
  issueToken,
  removeRegistryCredential,
} from "./accounts.ts";
import type { Request, Route } from "./route.ts";
import { listOf, text } from "./route.ts";

const CORE = "/kube/api/v1/namespaces";
const ACCOUNTS = `${CORE}/:namespace/serviceaccounts`;
const CREDENTIALS = `${CORE}/:namespace/registrycredentials`;
const BINDING = `${CORE}/:namespace/rolebinding`;

/** The calls of administrators: service accounts, namespaces, rolebindings, registry logins. */
export const accountRoutes: Route[] = [
  admin("GET", ACCOUNTS, "serviceaccounts.list", ({ state, namespace }) =>
    listOf(state.serviceAccounts.filter((s) => s.namespace === namespace).map(({ name }) => ({ name, namespace }))),
  ),
  admin("POST", ACCOUNTS, "serviceaccounts.create", (request) => {
    addServiceAccount(request.state, request.namespace, text(request, "name"));
  }),
  admin("DELETE", `${ACCOUNTS}/:name`, "serviceaccounts.delete", ({ state, namespace, name }) =>
    deleteServiceAccount(state, namespace, name),
  ),
  admin("POST", `${ACCOUNTS}/:name/token`, "serviceaccounts.token", ({ state, namespace, name, body, now }) => {
    const seconds = body.durationSeconds as number | undefined;
    const account = findServiceAccount(state, namespace, name);
    return { token: issueToken(account, seconds === undefined ? undefined : now + seconds * 1000) };
  }),
  admin("GET", CORE, "namespaces.list", ({ state }) =>
    listOf(state.namespaces.map(({ name, customPods }) => ({ name, customPods }))),
  ),
  admin("POST", CORE, "namespaces.create", (request) => {
    addNamespace(request.state, text(request, "name"), request.body.enableCustomPods === true);
  }),
  admin("DELETE", `${CORE}/:name`, "namespaces.delete", ({ state, name }) => deleteNamespace(state, name)),
  admin("GET", BINDING, "rolebindings.list", ({ state, namespace }) => {
    const { users, serviceAccounts } = findNamespace(state, namespace);
    return { users, serviceAccounts };
  }),
  admin("POST", `${BINDING}/add`, "rolebindings.add", ({ state, namespace, body }) =>
    bindSubjects(findNamespace(state, namespace), body as Subjects, true),
  ),
  admin("POST", `${BINDING}/remove`, "rolebindings.remove", ({ state, namespace, body }) =>
    bindSubjects(findNamespace(state, namespace), body as Subjects, false),
  ),
  admin("GET", CREDENTIALS, "registrycredentials.list", ({ state, namespace }) =>
    listOf(state.registryCredentials.filter((c) => c.namespace === namespace)),
  ),
  admin("POST", CREDENTIALS, "registrycredentials.create", (request) => {
    const credential = {
      namespace: request.namespace,
      server: text(request, "server"),
      username: text(request, "username"),
    };
    addRegistryCredential(request.state, credential, request.body.replace === true);
  }),
  admin("DELETE", `${CREDENTIALS}/:name`, "registrycredentials.delete", ({ state, namespace, name }) =>
    removeRegistryCredential(state, namespace, name),
  ),
];

function admin(method: Route["method"], path: string, operation: string, run: (request: Request) => unknown): Route {
  return { method, path, operation, need: "admin", run };
}
