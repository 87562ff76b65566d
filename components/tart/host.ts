import { Command } from "@pulumi/command/remote/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { TartHostConnection } from "../../drivers/tart/host-connection.ts";
import { renderBootstrap, renderUnbootstrap } from "./bootstrap.ts";

/** The oldest Tart whose output the drivers are tested with. */
const tartVersionMinimum = "2.31.0";

/** A Mac of your own and the key to it. */
export interface TartHostArgs {
  connection: TartHostConnection;
  /** The private key; the ssh agent is asked where there is none. */
  privateKey: pulumi.Output<string> | undefined;
}

/** A Mac of your own, brought to what Tart needs. It stays as it is when it leaves the fleet, but for the fleet's folder. */
export class TartHost extends pulumi.ComponentResource {
  /** Ends when the Mac is ready; what runs on it depends on this. */
  readonly bootstrap: Command;

  constructor(name: string, args: TartHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mac-runner-fleet:tart:Host", name, {}, opts);
    const { address, port, user, hostKey } = args.connection;
    const script = renderBootstrap({ hostName: args.connection.name, tartVersionMinimum });
    const access = args.privateKey ? { privateKey: args.privateKey } : {};
    this.bootstrap = new Command(
      `${name}-bootstrap`,
      {
        connection: { host: address, port, user, hostKey, ...access },
        create: script,
        update: script,
        delete: renderUnbootstrap(),
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
