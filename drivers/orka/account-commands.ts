import { DriverError } from "../errors.ts";
import { readJson } from "./json.ts";
import { requireName, requireNone } from "./names.ts";
import type { Runner } from "./runner.ts";
import type { OrkaServiceAccounts, TokenLife } from "./types.ts";

/** `orka3 serviceaccount`. */
export function serviceAccountCommands(orka3: Runner): OrkaServiceAccounts {
  const ns = orka3.inNamespace;
  return {
    list: (options) => orka3.read(readJson.serviceAccounts, ["serviceaccount", "list", ...ns], options),

    async create(name, options) {
      await orka3.run(["serviceaccount", "create", requireName("serviceAccount", name), ...ns], options);
    },

    delete: async (name, options) =>
      orka3.remove(["serviceaccount", "delete", requireName("serviceAccount", name), ...ns], options),

    async token(name, life, options) {
      const args = ["serviceaccount", "token", requireName("serviceAccount", name), ...lifeArguments(life), ...ns];
      const token = (await orka3.run(args, options)).trim();
      if (/^\S+$/.test(token)) return token;
      // The output is not shown: a token may be in it.
      throw new DriverError(`orka3 serviceaccount token ${name} printed no token`, { kind: "unexpected-output" });
    },
  };
}

/** orka3 takes hours and minutes only. */
function lifeArguments(life: TokenLife): string[] {
  if (life === "no-expiration") return ["--no-expiration"];
  const whole = Number.isInteger(life.minutes) && life.minutes > 0;
  requireNone(whole ? undefined : `token life ${life.minutes} must be a whole number of minutes`);
  return ["--duration", `${life.minutes}m`];
}
