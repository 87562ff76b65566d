import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** Programs that Linux and macOS have alike, by the folder where macOS keeps them. Others are not found on a Mac. */
const ALIKE: Readonly<Record<string, string>> = {
  bin: "bash sh cat chmod cp dd echo ed expr kill ln ls mkdir mv ps pwd rm rmdir test",
  sbin: "ifconfig ping",
  "usr/bin": `awk base64 basename bzip2 cmp comm curl cut diff dirname du env expand false file find fold getconf
    grep gunzip gzip head id install join jq killall less logger login mkfifo mktemp nc nice nohup openssl paste patch perl
    pgrep pkill printenv printf readlink renice rev sed seq shasum sort split tail tar tee time touch tr true tty uniq
    unzip uptime uuidgen wc which who whoami xargs yes zip`,
};
/** `sh` is bash on macOS. */
const OTHER_NAMES: Readonly<Record<string, string>> = { sh: "bash" };

/** Where macOS keeps the programs that are simulated, in `simulators/mac/guest-bin`. */
const SIMULATED: Readonly<Record<string, string>> = {
  bin: "date df hostname launchctl sleep",
  sbin: "halt mount pfctl reboot shutdown umount",
  "usr/bin": "arch chgrp curl defaults dscl hdiutil mdutil memory_pressure plutil pmset stat sudo sw_vers uname",
  "usr/sbin": "chown createhomedir scutil softwareupdate sysadminctl sysctl",
};
const LINUX = "/System/Simulator/linux";
const PROGRAMS = "/System/Simulator/fleet/simulators/mac/guest-bin";

/** Makes the folder that a Mac sees as its sealed system: links to programs, at the paths where macOS has them. */
export function buildSystem(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const place of ["bin", "sbin", "usr/bin", "usr/sbin", "usr/libexec"]) {
    mkdirSync(join(folder, place), { recursive: true });
    for (const name of words(ALIKE[place])) {
      const found = linuxProgram(OTHER_NAMES[name] ?? name);
      if (found) symlinkSync(found, join(folder, place, name));
    }
    for (const name of words(SIMULATED[place])) {
      rmSync(join(folder, place, name), { force: true });
      symlinkSync(`${PROGRAMS}/${name}`, join(folder, place, name));
    }
  }
}

/** The program as a Mac sees it, where Linux's `/usr` is put. Debian's alternatives are followed, for they are in /etc. */
function linuxProgram(name: string): string | undefined {
  for (const place of ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]) {
    const path = `${place}/${name}`;
    if (!existsSync(path)) continue;
    const real = realpathSync(path);
    if (real.startsWith("/usr/")) return `${LINUX}${real.slice("/usr".length)}`;
  }
  return undefined;
}

function words(text = ""): string[] {
  return text.split(/\s+/).filter(Boolean);
}
