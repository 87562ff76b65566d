import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VmFolder } from "./vm.ts";

/** Notes a process group that runs inside the guest, so that it ends with the VM. */
export function joinGuest(folder: VmFolder, group: number): void {
  mkdirSync(folder.guestProcesses, { recursive: true });
  writeFileSync(join(folder.guestProcesses, String(group)), "");
}

/** Forgets the process group once nothing of it is left. */
export function leaveGuest(folder: VmFolder, group: number): void {
  if (!isGroupAlive(group)) rmSync(join(folder.guestProcesses, String(group)), { force: true });
}

/** Ends all that runs in the guest at once, as pulling the plug does. */
export function endGuest(folder: VmFolder): void {
  const groups = existsSync(folder.guestProcesses) ? readdirSync(folder.guestProcesses).map(Number) : [];
  for (const group of groups) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
  for (const path of [folder.guestProcesses, folder.booted, folder.powerOff]) {
    rmSync(path, { recursive: true, force: true });
  }
}

function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}
