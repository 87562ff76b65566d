import { validationError } from "../failures.ts";
import { type Arguments, type Call, type CommandSpec, option } from "../parser.ts";
import { listImages, listLocal } from "../storage.ts";
import { swiftJson, table, timeAgo } from "../text.ts";
import type { VmFolder } from "../vm.ts";
import { tartVersion } from "../world.ts";

interface Row {
  Source: "local" | "OCI";
  Name: string;
  Disk: number;
  Size: number;
  /** Absent before 2.31.0. */
  Accessed?: string;
  /** Only before 2.31.0. */
  SizeOnDisk?: number;
  Running: boolean;
  State: string;
}

/** Lists local VMs, then cached images, each of which shows up once per tag and once by its digest. */
export const command: CommandSpec = {
  name: "list",
  arguments: [],
  options: { source: { value: "text" }, format: { value: "text" }, quiet: { short: "q" } },
  validate(given) {
    const source = option(given, "source");
    if (source !== undefined && !["local", "oci"].includes(source)) {
      throw validationError(`'${source}' is not a valid <source>`);
    }
    const format = option(given, "format") ?? "text";
    if (!["text", "json"].includes(format)) {
      throw validationError(`The value '${format}' is invalid for '--format <format>'`);
    }
  },
  async run(given, call) {
    const rows = collectRows(given, call);
    call.world.out(render(given, rows, tartVersion(call.world.env)));
    return 0;
  },
};

function collectRows(given: Arguments, { home, world, faults }: Call): Row[] {
  const version = tartVersion(world.env);
  const source = option(given, "source");
  const local = source === "oci" ? [] : listLocal(home).map((vm) => row("local", vm.name, vm, version));
  const images = source === "local" ? [] : listImages(home).map((i) => row("OCI", i.name, i.folder, version));
  // Failing to open a VM's config.json reads as "not running": "stopped" may mean "could not look".
  if (faults.has("config-unreadable")) for (const vm of local) Object.assign(vm, { Running: false, State: "stopped" });
  return [...local, ...images];
}

function row(source: Row["Source"], name: string, folder: VmFolder, version: string): Row {
  const state = source === "local" ? folder.state : "stopped";
  const size = Math.floor(folder.allocatedBytes / 1000 ** 3);
  const accessed = `${folder.accessed.toISOString().slice(0, 19)}Z`;
  return {
    Disk: Math.floor(folder.virtualBytes / 1000 ** 3),
    Name: name,
    Running: state === "running",
    ...(isOld(version) ? { SizeOnDisk: size } : { Accessed: accessed }),
    Size: size,
    Source: source,
    State: state,
  };
}

function render(given: Arguments, rows: readonly Row[], version: string): string {
  if (given.flags.has("quiet")) return rows.map((r) => `${r.Name}\n`).join("");
  if (option(given, "format") === "json") return `${swiftJson(rows)}\n`;
  const unit = version === "SNAPSHOT" ? " GB" : "";
  const lastColumns = isOld(version) ? ["SizeOnDisk", "State"] : ["Accessed", "State"];
  const now = new Date();
  const lines = rows.map((r) => {
    const used = r.Accessed === undefined ? String(r.SizeOnDisk) : timeAgo(new Date(r.Accessed), now);
    return [r.Source, r.Name, `${r.Disk}${unit}`, `${r.Size}${unit}`, used, r.State];
  });
  return table(["Source", "Name", "Disk", "Size", ...lastColumns], lines);
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < 2 || (major === 2 && minor < 31);
}
