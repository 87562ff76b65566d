import { spawnSync } from "node:child_process";

/** How far this computer lets us keep a simulated Mac apart. */
export type Namespaces =
  | { ok: true; isRoot: boolean; unshare: readonly string[] }
  /** In words, for whoever wanted simulated Macs. */
  | { ok: false; reason: string };

const KINDS = ["--mount", "--pid", "--uts", "--net", "--ipc", "--fork", "--kill-child"];
/** What of Linux a simulated Mac is made of. */
const PROGRAMS = ["unshare", "ip", "mount", "umount", "pivot_root", "setpriv", "curl", "awk", "perl", "ps"];

/**
 * Tries it. As root a simulated Mac has all its users; without root, by a user namespace, it has one, which is then
 * root and everybody else.
 */
export function findNamespaces(): Namespaces {
  if (process.platform !== "linux") return { ok: false, reason: "simulated EC2 Macs need the namespaces of Linux" };
  const isRoot = process.getuid?.() === 0;
  const unshare = isRoot ? KINDS : ["--user", "--map-root-user", ...KINDS];
  const script = `for p in "$@"; do command -v "$p" >/dev/null || { echo "$p is missing" >&2; exit 1; }; done
    mount -t tmpfs none /proc && umount /proc && mount -t proc none /proc && ip link set lo up`;
  const argv = [...unshare, "/bin/bash", "-c", script, "bash", ...PROGRAMS];
  const tried = spawnSync("unshare", argv, { encoding: "utf8", env: linuxEnvironment(), timeout: 10_000 });
  if (tried.status === 0) return { ok: true, isRoot, unshare };
  const why = tried.error?.message ?? tried.stderr.trim();
  return { ok: false, reason: `simulated EC2 Macs need namespaces, which this computer does not give: ${why}` };
}

/** For the programs of Linux that set a Mac up. */
export function linuxEnvironment(): Record<string, string> {
  return { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
}
