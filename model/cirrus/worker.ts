import type { Findings } from "./findings.ts";
import { type CirrusEntry, type CirrusNode, childOf, entriesOf, textOf } from "./tree.ts";
import { expand, type Variables } from "./variables.ts";

/** Where a task ran: on a Mac, or on something that a fleet of Macs can't replace. */
export type TaskPlace = { kind: "mac"; demand: MacDemand } | { kind: "elsewhere"; what: string; line: number };

/** What a task wants of the Mac it runs on. */
export interface MacDemand {
  line: number;
  /** `none`: on the Mac itself. `tart`: in a fresh VM. */
  isolation: "none" | "tart";
  /** The VM's image; undefined where it did not say. */
  image: string | undefined;
  cpu: number | undefined;
  memoryGb: number | undefined;
  architecture: "arm64" | "amd64";
  /** Labels that somebody gave to workers, in the order of their names. Cirrus CI's own are not among them. */
  labels: [name: string, value: string][];
  /** VMs of a Mac that the task keeps busy. */
  slots: 1 | 2;
}

/** The fields that say where a task runs (writing-tasks, "Execution Environment"). */
const placeKeys = [
  "persistent_worker",
  "macos_instance",
  "osx_instance",
  "container",
  "arm_container",
  "windows_container",
  "freebsd_instance",
  "compute_engine_instance",
  "gce_instance",
  "gke_container",
  "ec2_instance",
  "eks_instance",
  "azure_container_instance",
  "oke_instance",
] as const;

/** True for a field that says where a task runs. */
export function isPlaceKey(key: string): boolean {
  return (placeKeys as readonly string[]).includes(key);
}

/** Where a task runs: what it says itself, with gaps filled from the top of the file; else what the top says. */
export function readPlace(
  task: CirrusNode,
  root: CirrusNode,
  variables: Variables,
  findings: Findings,
): TaskPlace | undefined {
  const entry = placeEntry(task) ?? placeEntry(root);
  if (!entry) return undefined;
  const value = fillGaps(entry.value, childOf(root, entry.key));
  const place = { ...entry, value };
  if (entry.key === "persistent_worker") return readWorker(place, variables, findings);
  if (entry.key === "macos_instance" || entry.key === "osx_instance") return readHosted(place, variables, findings);
  return { kind: "elsewhere", what: entry.key, line: entry.line };
}

function placeEntry(node: CirrusNode): CirrusEntry | undefined {
  return entriesOf(node).findLast(({ key }) => isPlaceKey(key));
}

function fillGaps(own: CirrusNode, outer: CirrusNode | undefined): CirrusNode {
  if (own.kind !== "map" || outer?.kind !== "map") return own;
  const missing = outer.entries.filter(({ key }) => childOf(own, key) === undefined);
  return { ...own, entries: [...own.entries, ...missing] };
}

function blankDemand(line: number): MacDemand {
  return {
    line,
    isolation: "none",
    image: undefined,
    cpu: undefined,
    memoryGb: undefined,
    architecture: "arm64",
    labels: [],
    slots: 1,
  };
}

function readHosted({ key, line, value }: CirrusEntry, variables: Variables, findings: Findings): TaskPlace {
  findings.leave(
    line,
    key,
    "It ran on Cirrus CI's hosted Macs, which ended on 2026-06-01 with Cirrus CI.",
    "Give the new pool Macs of your own; its VMs start from the same image if you can still pull it.",
  );
  const demand = { ...blankDemand(line), isolation: "tart" as const };
  for (const entry of entriesOf(value)) readTartField(entry, demand, variables, findings);
  return { kind: "mac", demand };
}

function readWorker({ key, line, value }: CirrusEntry, variables: Variables, findings: Findings): TaskPlace {
  const demand = blankDemand(line);
  const isolation = entriesOf(childOf(value, "isolation")).at(-1);
  const os = textOf(childOf(childOf(value, "labels"), "os"));
  if (os !== undefined && os !== "darwin") return { kind: "elsewhere", what: `${key} with the label os: ${os}`, line };
  if (isolation && isolation.key !== "none" && isolation.key !== "tart")
    return { kind: "elsewhere", what: `${key} with isolation.${isolation.key}`, line: isolation.line };
  if (isolation?.key === "tart") demand.isolation = "tart";
  else if (os === undefined) findings.note(line, key, "It has no label `os`, so its worker is taken for a Mac.");
  for (const entry of entriesOf(childOf(value, "labels"))) readLabel(entry, demand, variables, findings);
  for (const entry of entriesOf(childOf(value, "resources"))) readResource(entry, demand, variables, findings);
  if (isolation?.key === "tart")
    for (const entry of entriesOf(isolation.value)) readTartField(entry, demand, variables, findings);
  demand.labels.sort(([a], [b]) => (a < b ? -1 : 1));
  return { kind: "mac", demand };
}

/** Workers had `os`, `arch`, `version`, `hostname` and `name` by themselves (cirrus-cli, PERSISTENT-WORKERS). */
function readLabel({ key, line, value }: CirrusEntry, demand: MacDemand, variables: Variables, findings: Findings) {
  const text = expand(textOf(value) ?? "", variables);
  if (key === "os") return;
  if (key === "arch") demand.architecture = text === "amd64" ? "amd64" : "arm64";
  else if (key === "name" || key === "hostname")
    findings.leave(
      line,
      `labels.${key}`,
      `It asks for one worker, ${text}. In this fleet a job asks for a pool, never for one Mac.`,
      "If only that Mac will do, give it a pool of its own and let the task use its queue.",
    );
  else if (key === "version")
    findings.note(line, "labels.version", "It asked for a version of Cirrus CI's own worker. Nothing takes its place.");
  else demand.labels.push([key, text]);
}

/** A Mac with Tart has two slots, and `tart-vms` is what the documents of Cirrus CI called them. */
function readResource({ key, line, value }: CirrusEntry, demand: MacDemand, variables: Variables, findings: Findings) {
  const text = expand(textOf(value) ?? "", variables);
  const amount = Number(text);
  if (key === "tart-vms" && (amount === 1 || amount === 2)) {
    demand.slots = amount;
    return;
  }
  findings.leave(
    line,
    `resources.${key}`,
    "In this fleet a Mac has slots and no other resources that jobs take and give back.",
    `Put the Macs that have ${key} into a pool of their own, or limit the jobs that need it by a concurrency group.`,
  );
}

function readTartField({ key, line, value }: CirrusEntry, demand: MacDemand, variables: Variables, findings: Findings) {
  const text = expand(textOf(value) ?? "", variables);
  const leave = (why: string, byHand: string) => findings.leave(line, `tart.${key}`, why, byHand);
  switch (key) {
    case "image":
      demand.image = text;
      return;
    case "cpu":
      demand.cpu = Number.parseInt(text, 10) || undefined;
      return;
    case "memory":
      demand.memoryGb = parseMemoryGb(text);
      return;
    case "user":
    case "password":
    case "port":
      findings.note(
        demand.line,
        "tart login",
        "User, password and port of the VM are not copied: a password is a secret, and the fleet reaches its VMs without ssh.",
      );
      return;
    case "volumes":
      leave(
        "VMs of this fleet mount no folders of the Mac: what one job leaves there, the next would find.",
        "Put what is read into the image; send what is written to a cache or an artifact.",
      );
      return;
    case "softnet":
      if (text === "true") leave("The fleet has no setting for Softnet.", "Keep networks of jobs apart by a firewall.");
      return;
    case "display":
      leave("The fleet has no setting for a VM's display.", "Set it in the image: `tart set --display`.");
      return;
    default:
      leave("It is no field of a Tart VM that is known here.", "Look up what it did, and whether it is still needed.");
  }
}

/** Cirrus CI's amounts: `12G`, `12gb`, `12288M`; a bare number under 100 is GB, a larger one MB (cirrus-cli, resources). */
export function parseMemoryGb(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d+)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const amount = Number.parseInt(digits, 10);
  if (Number.isNaN(amount) || !/^([mg][bi]?)?$/i.test(unit)) return undefined;
  const megabytes = unit === "" ? amount >= 100 : unit.toLowerCase().startsWith("m");
  return megabytes ? Math.ceil(amount / 1024) : amount;
}
