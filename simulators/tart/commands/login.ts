import { runtimeError, swiftError, validationError } from "../failures.ts";
import { storeCredentials } from "../oci/credentials.ts";
import { Registry } from "../oci/http.ts";
import { type CommandSpec, option } from "../parser.ts";

/** Tries credentials at a registry and keeps them in the keychain; here a file beside the other things of the Mac. */
export const command: CommandSpec = {
  name: "login",
  arguments: [{ name: "host" }],
  options: { username: { value: "text" }, "password-stdin": {}, insecure: {}, "no-validate": {} },
  validate(given) {
    if (given.options.has("username") !== given.flags.has("password-stdin")) {
      throw validationError("both --username and --password-stdin are required");
    }
  },
  async run(given, call) {
    const [host = ""] = given.positional;
    if (!/^[A-Za-z0-9.-]+(:\d+)?$/.test(host)) throw runtimeError(improperHost(host));
    if (!given.options.has("username")) call.world.out("User: Password: ");
    const typed = await read(call.world.stdin());
    const [user, password] = given.options.has("username") ? [option(given, "username"), typed] : typed.split("\n");
    const credentials = { username: user ?? "", password: password?.replace(/\n$/, "") ?? "" };
    if (!given.flags.has("no-validate")) {
      const registry = new Registry(host, given.flags.has("insecure"), call, credentials);
      await registry.ping().catch((error: Error) => {
        throw runtimeError(`invalid credentials: ${error.message.replace(/^Error: /, "")}`);
      });
    }
    if (call.faults.has("keychain-locked")) throw swiftError("Keychain returned unsuccessful status -25308");
    storeCredentials(call.home, host, credentials);
    return 0;
  },
};

function improperHost(host: string): string {
  const hint = /^https?:/.test(host) ? ", make sure that it doesn't start with http:// or https://" : "";
  return `improperly formatted host "${host}" was provided${hint}`;
}

async function read(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}
