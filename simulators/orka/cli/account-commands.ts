import type { Call, CliCommand } from "./command.ts";
import { corePath, flagsOf, listFlag } from "./command.ts";
import type { FlagSet } from "./flags.ts";
import { UsageError } from "./flags.ts";
import type { Row } from "./print.ts";
import { printList } from "./print.ts";

const SUBJECTS: FlagSet = { user: { short: "u", type: "string" }, serviceaccount: { short: "s", type: "string" } };
const TOKEN_FLAGS: FlagSet = { duration: { type: "string" }, "no-expiration": { type: "bool" } };
const CREDENTIAL_FLAGS: FlagSet = {
  username: { short: "u", type: "string" },
  password: { short: "p", type: "string" },
  "password-stdin": { type: "bool" },
  replace: { type: "bool" },
  "allow-insecure": { type: "bool" },
};
/** 8760h, the default life of a token. */
const YEAR_SECONDS = 8760 * 3600;

/** `serviceaccount`, `namespace`, `rolebinding` and `registrycredential`. */
export const accountCommands: CliCommand[] = [
  {
    usage: "serviceaccount create NAME",
    args: [1, 1],
    flags: flagsOf({}, "namespace"),
    run: async (call) => {
      await core(call, "POST", ["serviceaccounts"], { name: call.args[0] });
      call.say(`Successfully created service account ${call.args[0]}`);
    },
  },
  {
    usage: "serviceaccount list [NAME]",
    args: [0, 1],
    flags: flagsOf({}, "namespace", "output"),
    run: (call) => list(call, ["serviceaccounts"], "name"),
  },
  { usage: "serviceaccount token NAME", args: [1, 1], flags: flagsOf(TOKEN_FLAGS, "namespace"), run: token },
  {
    usage: "serviceaccount delete NAME...",
    args: [1, Infinity],
    flags: flagsOf({}, "namespace"),
    run: async (call) => {
      for (const name of call.args) {
        await core(call, "DELETE", ["serviceaccounts", name]);
        call.say(`Successfully deleted service account ${name}`);
      }
    },
  },
  {
    usage: "namespace create NAME",
    args: [1, 1],
    flags: flagsOf({ "enable-custom-pods": { type: "bool" } }),
    run: async (call) => {
      const body = { name: call.args[0], enableCustomPods: call.flags["enable-custom-pods"] === "true" };
      await (await call.connect()).kube.call("POST", "/api/v1/namespaces", body);
      call.say(`Successfully created namespace ${call.args[0]}`);
    },
  },
  { usage: "namespace list [NAME...]", args: [0, Infinity], flags: flagsOf({}, "output"), run: listNamespaces },
  {
    usage: "namespace delete NAME...",
    args: [1, Infinity],
    flags: flagsOf({ timeout: { short: "t", type: "string" } }),
    run: async (call) => {
      const { kube } = await call.connect();
      for (const name of call.args) {
        await kube.call("DELETE", corePath(name));
        call.say(`Successfully deleted namespace ${name}`);
      }
    },
  },
  {
    usage: "rolebinding add-subject",
    args: [0, 0],
    flags: flagsOf(SUBJECTS, "namespace"),
    run: (call) => bind(call, "add"),
  },
  {
    usage: "rolebinding remove-subject",
    args: [0, 0],
    flags: flagsOf(SUBJECTS, "namespace"),
    run: (call) => bind(call, "remove"),
  },
  { usage: "rolebinding list-subjects", args: [0, 0], flags: flagsOf({}, "namespace", "output"), run: listSubjects },
  {
    usage: "registrycredential add SERVER",
    args: [1, 1],
    flags: flagsOf(CREDENTIAL_FLAGS, "namespace"),
    required: ["username"],
    run: addCredential,
  },
  {
    usage: "registrycredential list",
    args: [0, 0],
    flags: flagsOf({}, "namespace", "output"),
    run: (call) => list(call, ["registrycredentials"], "server"),
  },
  {
    usage: "registrycredential remove SERVER",
    args: [1, 1],
    flags: flagsOf({}, "namespace"),
    run: async (call) => {
      await core(call, "DELETE", ["registrycredentials", call.args[0] ?? ""]);
      call.say(`Successfully removed registry credential ${call.args[0]}`);
    },
  },
];

async function core(call: Call, method: string, parts: string[], body?: object): Promise<unknown> {
  const { kube, namespace } = await call.connect();
  return kube.call(method, corePath(namespace, ...parts), body);
}

async function list(call: Call, parts: string[], field: string): Promise<void> {
  const { kube, namespace } = await call.connect();
  const { items } = (await kube.call("GET", corePath(namespace, ...parts))) as { items: Row[] };
  const rows = items.filter((row) => call.args.length === 0 || call.args.includes(String(row[field])));
  printList(call, kube, {
    rows,
    columns: [
      [field.toUpperCase(), field],
      ["NAMESPACE", "namespace"],
    ],
  });
}

async function listNamespaces(call: Call): Promise<void> {
  const { kube } = await call.connect();
  const { items } = (await kube.call("GET", "/api/v1/namespaces")) as { items: Row[] };
  const rows = items.filter((row) => call.args.length === 0 || call.args.includes(String(row.name)));
  printList(call, kube, {
    rows,
    columns: [
      ["NAME", "name"],
      ["CUSTOM PODS", "customPods"],
    ],
  });
}

async function token(call: Call): Promise<void> {
  const { duration, "no-expiration": endless } = call.flags;
  if (duration !== undefined && endless) {
    throw new UsageError("if any flags in the group [duration no-expiration] are set none of the others can be");
  }
  const durationSeconds = endless ? undefined : secondsOf(duration);
  const answer = await core(call, "POST", ["serviceaccounts", call.args[0] ?? "", "token"], { durationSeconds });
  call.say((answer as { token: string }).token);
}

/** `1h`, `30m`, `8760h0m0s`; seconds alone are not taken. */
function secondsOf(duration: string | undefined): number {
  if (duration === undefined) return YEAR_SECONDS;
  const found = duration.match(/^(?:(\d+)h)?(?:(\d+)m)?(?:0s)?$/);
  const seconds = Number(found?.[1] ?? 0) * 3600 + Number(found?.[2] ?? 0) * 60;
  if (!found || seconds === 0) throw new UsageError(`invalid argument "${duration}" for "--duration" flag`);
  return seconds;
}

async function bind(call: Call, verb: string): Promise<void> {
  const subjects = { users: listFlag(call.flags.user), serviceAccounts: listFlag(call.flags.serviceaccount) };
  await core(call, "POST", ["rolebinding", verb], subjects);
  call.say("Successfully updated rolebinding");
}

async function listSubjects(call: Call): Promise<void> {
  const { kube, namespace } = await call.connect();
  const found = (await kube.call("GET", corePath(namespace, "rolebinding"))) as Record<string, string[]>;
  const rows = [
    ...(found.users ?? []).map((name) => ({ name, kind: "User" })),
    ...(found.serviceAccounts ?? []).map((name) => ({ name, kind: "ServiceAccount" })),
  ];
  printList(call, kube, {
    rows,
    columns: [
      ["NAME", "name"],
      ["KIND", "kind"],
    ],
  });
}

async function addCredential(call: Call): Promise<void> {
  const { flags, terminal } = call;
  const password = flags["password-stdin"] ? (await terminal.stdin()).trim() : flags.password;
  if (!password) throw new UsageError("one of --password or --password-stdin is required");
  const body = { server: call.args[0], username: flags.username, replace: flags.replace === "true" };
  await core(call, "POST", ["registrycredentials"], body);
  call.say(`Successfully added registry credential ${call.args[0]}`);
}
