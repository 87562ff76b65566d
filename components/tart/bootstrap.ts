import { render } from "../../host/render.ts";

/** What an on-premises Mac is brought to before it runs Tart VMs. */
export interface BootstrapArgs {
  /** The computer name that the Mac takes. */
  hostName: string;
  /** The oldest Tart that will do, such as `2.32.0`. */
  tartVersionMinimum: string;
}

/**
 * A script that brings a Mac to what Tart needs and proves each step. Run it over ssh as the login user; any of sh, bash
 * and zsh will do, as a command or through stdin. It prints one line for each step and, last on stdout, a description of the Mac:
 * `{"macos":"15.5","model":"Mac14,3","cpu":8,"memoryGb":16,"tart":"2.35.0"}`. A step that cannot be put right goes to
 * stderr with what to do, and the script ends with exit code 1. A second run changes nothing.
 * @throws Error when a value cannot be quoted for the shell.
 */
export function renderBootstrap(args: BootstrapArgs): string {
  return render(new URL("./bootstrap.sh.hbs", import.meta.url), { ...args });
}

/** The script that undoes it: removes `~/.mac-runner-fleet`, or keeps it and says why while a VM is claimed. */
export function renderUnbootstrap(): string {
  return render(new URL("./unbootstrap.sh.hbs", import.meta.url), {});
}
