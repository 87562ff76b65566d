import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { basename, resolve as resolvePath } from "node:path";
import type { Outcome } from "../../../mac/launchd/commands.ts";
import { refusal, success } from "./outcomes.ts";
import { userName } from "./users.ts";

interface Volume {
  /** `/dev/disk4s1`. */
  device: string;
  place: string;
  owner: string;
}

/** What has been mounted since the Mac started: `hdiutil attach`, `hdiutil detach`, `mount` and `umount`, with macOS's texts. */
export class Volumes {
  #mounted: Volume[] = [];
  #nextDisk = 4;

  /** `attach [-mountpoint FOLDER] IMAGE` for anybody; `detach [-force] DEVICE` for root and whoever attached it. */
  hdiutil([verb, ...args]: readonly string[], uid: number, cwd: string): Outcome {
    const [last = ""] = args.slice(-1);
    if (verb === "detach") return this.#remove(last, uid, "hdiutil: detach failed - No such file or directory");
    if (verb !== "attach") return refusal(`hdiutil: ${verb}: unknown verb`);
    const image = resolvePath(cwd, last);
    if (!existsSync(image)) return refusal("hdiutil: attach failed - No such file or directory");
    const option = args.indexOf("-mountpoint");
    const named = option < 0 ? `/Volumes/${basename(image, ".dmg")}` : (args[option + 1] ?? "");
    const place = resolvePath(cwd, named);
    mkdirSync(place, { recursive: true });
    const device = `/dev/disk${this.#nextDisk++}s1`;
    this.#mounted.push({ device, place, owner: userName(uid) });
    return success(`${device.padEnd(20)}\tApple_HFS\t${place}\n`);
  }

  /** Without arguments, as users call it: what is mounted. */
  mount(): Outcome {
    const lines = this.#mounted.map(
      ({ device, place, owner }) => `${device} on ${place} (hfs, local, nodev, nosuid, noowners${mountedBy(owner)})\n`,
    );
    return success(["/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n", ...lines].join(""));
  }

  /** `umount [-f] PLACE`. */
  umount(args: readonly string[], uid: number): Outcome {
    const place = args.at(-1) ?? "";
    return this.#remove(place, uid, `umount: ${place}: not currently mounted`);
  }

  #remove(what: string, uid: number, otherwise: string): Outcome {
    const found = this.#mounted.find(({ device, place }) => device === what || place === what);
    if (!found) return refusal(otherwise);
    if (uid !== 0 && userName(uid) !== found.owner) return refusal("Operation not permitted");
    this.#mounted = this.#mounted.filter((volume) => volume !== found);
    rmdirSync(found.place);
    return success(`"${basename(found.device).replace(/s\d+$/, "")}" ejected.\n`);
  }
}

/** mount(8) tells who it was only where it was not root. */
function mountedBy(owner: string): string {
  return owner === "root" ? "" : `, mounted by ${owner}`;
}
