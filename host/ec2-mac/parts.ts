import { render, type TemplateValues } from "../render.ts";

/** Where everything of ours is on an EC2 Mac; only root writes there. */
export const stateFolder = "/usr/local/libexec/mac-runner-fleet";
export const logFolder = "/var/log/mac-runner-fleet";

/** Seconds after a boot during which nothing is ended before AWS has told whether a new life began. */
export const patienceSeconds = 900;

/** The shell function `imds`, which asks the instance metadata service for one path. */
export function imdsFunction(): string {
  return embedded("imds.sh.hbs", {});
}

/** The shell functions that tell when the present life of a Mac began. They need {@link imdsFunction}. */
export function lifeFunctions(region: string): string {
  return embedded("life.sh.hbs", { region });
}

/** The shell functions that install files and daemons. They need a function `note_failure`. */
export function installFunctions(): string {
  return embedded("install.sh.hbs", {});
}

/** A template of this folder, rendered without the last line break, because the place it goes to ends the line. */
export function embedded(name: string, values: TemplateValues): string {
  return render(new URL(`./${name}`, import.meta.url), values).trimEnd();
}
