import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Outcome } from "../../../mac/launchd/commands.ts";
import { failure, success } from "./outcomes.ts";

/** One record of Directory Services: an attribute may have several values. */
type Record_ = Record<string, string[]>;

/** All records, by kind (`Users`, `Groups`) and name. */
type Directory = Record<string, Record<string, Record_>>;

const FILE = "/private/var/db/simulator/directory.json";

const FIRST: Directory = {
  Users: {
    root: user(0, 0, "/var/root", "/bin/sh"),
    daemon: user(1, 1, "/var/root", "/usr/bin/false"),
    nobody: user(65534, 65534, "/var/empty", "/usr/bin/false"),
    "ec2-user": user(501, 20, "/Users/ec2-user", "/bin/zsh"),
  },
  Groups: {
    wheel: { PrimaryGroupID: ["0"], GroupMembership: ["root"] },
    daemon: { PrimaryGroupID: ["1"] },
    staff: { PrimaryGroupID: ["20"], GroupMembership: ["root"] },
    admin: { PrimaryGroupID: ["80"], GroupMembership: ["root", "ec2-user"] },
    nobody: { PrimaryGroupID: ["65534"] },
  },
};

/** Makes the first users of a fresh root volume, and the files by which Linux knows them. */
export function prepareUsers(): void {
  save(existsSync(FILE) ? load() : FIRST);
}

/** The number of a user, given by name or number; undefined when there is none. */
export function userId(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const id = load().Users?.[name]?.UniqueID?.[0];
  return id === undefined ? undefined : Number(id);
}

/** The name of a user; the number where there is none. */
export function userName(uid: number): string {
  const users = Object.entries(load().Users ?? {});
  return users.find(([, record]) => record.UniqueID?.[0] === String(uid))?.[0] ?? String(uid);
}

/** Who a daemon with this `UserName` runs as. @throws Error when there is no such user */
export function identityOf(name: string): { uid: number; gid: number; home: string } {
  const found = load().Users?.[name];
  if (!found?.UniqueID) throw new Error(`no user ${name}`);
  const home = found.NFSHomeDirectory?.[0] ?? "/var/empty";
  return { uid: Number(found.UniqueID[0]), gid: Number(found.PrimaryGroupID?.[0] ?? 20), home };
}

/** `dscl . -VERB PATH [KEY [VALUE...]]`, with macOS's texts. Only root changes anything. */
export function dscl(words: readonly string[], isRoot: boolean): Outcome {
  const [, verbWord = "", path = "", key = "", ...values] = words.filter((word) => word !== "-q" && word !== "-plist");
  const verb = verbWord.replace(/^-/, "");
  const [, kind = "", name] = path.split("/");
  const directory = load();
  const kindOf = directory[kind] ?? {};
  if (verb === "list" || verb === "ls") return list(kindOf, key);
  if (verb === "search") return search(kindOf, key, values[0] ?? "");
  const record = name === undefined ? undefined : kindOf[name];
  if (verb === "read" || verb === "cat") return record ? read(record, [key, ...values]) : notFound(verb);
  if (!isRoot)
    return failure(40, `<main> attribute status: eDSPermissionError\n<dscl_cmd> DS Error: -14120 (eDSPermissionError)`);
  if (name === undefined) return failure(64, `Usage: dscl [options] [<datasource> [<command>]]`);
  if (verb === "create") {
    directory[kind] = { ...kindOf, [name]: { RecordName: [name], ...record, ...(key ? { [key]: values } : {}) } };
  } else if (!record) {
    return notFound(verb);
  } else if (verb === "delete") {
    remove(kindOf, name, key, values);
  } else if (verb === "append" || verb === "merge") {
    const had = record[key] ?? [];
    record[key] = [...had, ...values.filter((value) => verb === "append" || !had.includes(value))];
  } else if (verb !== "passwd") {
    return failure(64, `Invalid command: ${verb}`);
  }
  save(directory);
  return success("");
}

/** `sysadminctl -addUser NAME [...]` and `-deleteUser NAME`; it reports on stderr, as the real one does. */
export function sysadminctl(words: readonly string[], isRoot: boolean): Outcome {
  const option = (name: string) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
  if (!isRoot) return failure(1, "sysadminctl: Operation not permitted");
  const directory = load();
  const users = directory.Users ?? {};
  const gone = option("-deleteUser");
  if (gone !== undefined) {
    delete users[gone];
    save(directory);
    return { exitCode: 0, stdout: "", stderr: `Deleting record for ${gone}\n` };
  }
  const name = option("-addUser");
  if (name === undefined) return failure(64, "Usage: sysadminctl");
  if (users[name]) return failure(0, `User ${name} already exists`);
  const uid = Number(option("-UID") ?? nextUid(users));
  const home = option("-home") ?? `/Users/${name}`;
  const record = user(uid, Number(option("-GID") ?? 20), home, option("-shell") ?? "/bin/zsh");
  directory.Users = { ...users, [name]: { ...record, RealName: [option("-fullName") ?? name] } };
  save(directory);
  return { exitCode: 0, stdout: "", stderr: `Creating user record…\nAssigning UID: ${uid} GID: 20\n` };
}

/** One more than the highest of a person; `nobody` is none. */
function nextUid(users: Record<string, Record_>): number {
  const taken = Object.values(users).map((it) => Number(it.UniqueID?.[0]));
  return 1 + Math.max(501, ...taken.filter((uid) => uid < 60_000));
}

function list(records: Record<string, Record_>, key: string): Outcome {
  const rows = Object.entries(records).map(([name, record]) =>
    key ? `${name.padEnd(24)}${(record[key] ?? []).join(" ")}` : name,
  );
  return success(rows.map((row) => `${row}\n`).join(""));
}

function search(records: Record<string, Record_>, key: string, value: string): Outcome {
  const found = Object.entries(records).filter(([, record]) => record[key]?.includes(value));
  return success(found.map(([name]) => `${name}\t\t${key} = (\n    ${value}\n)\n`).join(""));
}

function read(record: Record_, keys: readonly string[]): Outcome {
  const wanted = keys.filter(Boolean);
  const shown = wanted.length > 0 ? wanted : Object.keys(record);
  const line = (key: string) => {
    const values = record[key];
    if (!values) return `No such key: ${key}\n`;
    // A value with a space goes on a line of its own.
    return values.some((value) => value.includes(" "))
      ? `${key}:\n ${values.join("\n ")}\n`
      : `${key}: ${values.join(" ")}\n`;
  };
  return success(shown.map(line).join(""));
}

function remove(records: Record<string, Record_>, name: string, key: string, values: readonly string[]): void {
  const record = records[name] ?? {};
  const left = values.length > 0 ? (record[key] ?? []).filter((value) => !values.includes(value)) : [];
  if (!key) delete records[name];
  else if (left.length > 0) record[key] = left;
  else delete record[key];
}

function user(uid: number, gid: number, home: string, shell: string): Record_ {
  return { UniqueID: [String(uid)], PrimaryGroupID: [String(gid)], NFSHomeDirectory: [home], UserShell: [shell] };
}

function load(): Directory {
  return JSON.parse(readFileSync(FILE, "utf8"));
}

function save(directory: Directory): void {
  const { Users = {}, Groups = {} } = directory;
  const passwd = Object.entries(Users).flatMap(([name, it]) => {
    if (!it.UniqueID) return [];
    const [gid = "20", home = "/var/empty"] = [it.PrimaryGroupID?.[0], it.NFSHomeDirectory?.[0]];
    // Linux must find the shell; there is no zsh.
    const shell = it.UserShell?.[0]?.endsWith("false") ? "/usr/bin/false" : "/bin/bash";
    return [`${name}:*:${it.UniqueID[0]}:${gid}:${it.RealName?.[0] ?? ""}:${home}:${shell}\n`];
  });
  const group = Object.entries(Groups).flatMap(([name, it]) =>
    it.PrimaryGroupID ? [`${name}:*:${it.PrimaryGroupID[0]}:${(it.GroupMembership ?? []).join(",")}\n`] : [],
  );
  mkdirSync("/private/var/db/simulator", { recursive: true });
  write(FILE, JSON.stringify(directory));
  write("/private/etc/passwd", passwd.join(""));
  write("/private/etc/group", group.join(""));
}

function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

function notFound(verb: string): Outcome {
  return failure(56, `<${verb}> DS Error: -14136 (eDSRecordNotFound)`);
}
